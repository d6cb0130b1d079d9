"""The command line: ``connectors COMMAND``, which is also ``openconnectors`` and ``python -m openconnectors``.

Rule 1: data goes to standard output, messages go to standard error. Exit codes: 0 success; 1 findings or a refused
call; 2 usage or configuration error; 130 interrupted.

Rule 2: a command is a module in ``commands/`` and a row of the table there. The module is imported when the command is
run: checking documents needs nothing of what calls services, and ``--help`` needs no command at all.

Rule 3: a command raises, and ``app.run`` alone turns errors into messages and exit codes. What a user, a file, a
service or the machine did wrong is one sentence. Anything else is a fault of this program: it is reported by its kind
and place only, as its text may contain anything. ``CONNECTORS_DEBUG=1`` shows the traceback of either.

Rule 4: texts of documents, services and files are data: ``terminal`` escapes what is printed.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import NoReturn

from openconnectors.engine.extras import MissingExtra, require


def main() -> NoReturn:
    """Run the command line of this process, and end the process with its exit code."""
    try:
        require("the command line", "cli")
    except MissingExtra as error:
        sys.exit(_refused(error))
    gc.disable()  # until the command is imported: modules are many objects, of which none is garbage
    try:
        import_module("openconnectors.cli.app").main()
    finally:
        gc.enable()
    raise AssertionError("main ends the process")


def _refused(error: MissingExtra) -> int:
    """Print the error; return the exit code."""
    if sys.stderr is not None:
        sys.stderr.write(f"{error}\n")
    return 2
