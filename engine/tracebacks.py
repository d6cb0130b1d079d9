"""The traceback of an error as notebooks show it: the caller's lines, and the message.

The frames of this package say nothing to a caller whose argument is wrong. IPython asks an exception for
``_render_traceback_``; pytest leaves out the frames of modules that have a ``__tracebackhide__``. A program's traceback
is left as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

_PACKAGE = __name__.partition(".")[0]


def short_traceback(error: BaseException, hidden: Sequence[str] = (_PACKAGE, "IPython", "ipykernel")) -> list[str]:
    """The lines of a traceback without the frames of these packages."""
    import traceback  # for an error that is shown

    summary = traceback.TracebackException.from_exception(error)
    packages = (
        frame.f_globals.get("__name__", "").partition(".")[0] for frame, _ in traceback.walk_tb(error.__traceback__)
    )
    shown = [entry for entry, package in zip(summary.stack, packages, strict=False) if package not in hidden]
    summary.stack = traceback.StackSummary.from_list(shown)
    return "".join(summary.format()).splitlines()
