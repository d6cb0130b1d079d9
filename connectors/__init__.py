"""Connectors by name: load one, call its operations.

::

    import openconnectors

    service = openconnectors.load("name", connection={"account_id": "…", "access_token": "…"})
    service.operation_name(parameter="value")

``load`` and ``load_file`` return a connector, ``available`` lists the connectors that can be loaded by name. The other
public names are the classes of what a call takes and returns, and the errors that it raises. ``public`` lists them all.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openconnectors.public import *  # noqa: F403 - the list of public names is there
else:  # hidden from type checkers, which would otherwise accept any name

    def __getattr__(name: str) -> object:
        # Called for every name that is not set yet, also for "registry" in "from openconnectors import registry".
        # Only a public name imports its module, and with it the engine.
        modules = {"__all__": None} if name.startswith("_") else _modules()
        if name not in modules:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = sorted(_modules()) if name == "__all__" else getattr(import_module(modules[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        # Neither what this module imports for itself, nor the modules of the package that happen to be loaded.
        return sorted({*(name for name in globals() if name.startswith("__")), *_modules(), "__all__"})

    def _modules() -> dict[str, str]:
        modules = import_module("openconnectors.public").MODULES
        return {name: module for module, names in modules.items() for name in names}
