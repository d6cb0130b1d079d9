"""Connectors by name: load one, call its operations.

::

    import openconnectors

    service = openconnectors.load("name", connection={"account_id": "…", "access_token": "…"})
    service.operation_name(parameter="value")

``load`` and ``load_file`` return a connector, ``available`` lists the connectors that can be loaded by name. The other
public names are the classes of what a call takes and returns, and the errors that it raises. ``public`` lists them all.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openconnectors.public import *  # noqa: F403 - the list of public names is there
else:  # hidden from type checkers, which would otherwise accept any name

    def __getattr__(name: str) -> object:
        # Called for every name that is not set yet, also for "registry" in "from openconnectors import registry".
        # Only a name that may be public imports the list, and with it the engine.
        if (name.startswith("_") and name != "__all__") or find_spec(f"{__name__}.{name}") is not None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        public = _public()
        globals().update(public, __all__=sorted(public))
        if name not in globals():
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals()[name]

    def __dir__() -> list[str]:
        # Neither what this module imports for itself, nor the modules of the package that happen to be loaded.
        return sorted({*(name for name in globals() if name.startswith("__")), *_public(), "__all__"})

    def _public() -> dict[str, object]:
        module = import_module("openconnectors.public")
        return {name: value for name, value in vars(module).items() if not name.startswith("_")}
