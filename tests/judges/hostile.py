"""The package as a client of ``faults/hostile_specs.py``.

python tests/judges/hostile.py ../shared/faults --peer bravado
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

_JUDGE = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else os.environ["HOSTILE"]
os.environ["HOSTILE"] = _JUDGE  # for the processes that it starts
sys.path.insert(0, _JUDGE)

import hostile_specs as judge  # noqa: E402 - it is found there

import openconnectors  # noqa: E402
from openconnectors.engine.documents import loader  # noqa: E402


class Ours:
    """One hostile document, called as its author says."""

    version = 2

    def load(self, env: dict[str, Any]) -> None:
        """Load the document."""
        os.environ["CONNECTORS_CONFIG"] = tempfile.mkdtemp()
        self._service = loader.load(Path(env["doc_path"]))
        values = {parameter.name: judge.SECRET for parameter in self._service.connection}
        self._connector = openconnectors.load_file(env["doc_path"], connection=values, base_url=f"http://{env['host']}")
        self.objs = [self._connector, self._connector.connection]

    def call(self, arguments: dict[str, Any]) -> Any:
        """Call the operation ``call``, or the first."""
        names = list(self._service.operations)
        operation = self._connector["call" if "call" in names else names[0]]
        self.objs.append(operation)
        return operation(**arguments)


# The judge imports the library of a peer by its name: ours goes by that of another.
sys.modules.update(dict.fromkeys(("bravado", "bravado.client"), openconnectors))
judge.PEERS["bravado"] = Ours
judge.__file__ = __file__  # it starts itself for each case

if __name__ == "__main__":
    judge.child() if "--child" in sys.argv else judge.main()
