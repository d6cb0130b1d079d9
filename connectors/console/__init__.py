"""The console: the reference page of a connector, live on loopback. Its operations are called from forms.

    fields        the schema of an argument as fields of a form
    submitted     what a form sends, as arguments
    shown         requests, responses and errors as a page shows them: no secret is in any of them
    targets       what a call goes to: the sandbox, or a saved connection that was chosen
    guard         who may ask, and what browsers may do with the pages
    calls         the requests of a form: its preview, the call, the choices for a field
    application   the pages and their addresses
    server        an address on loopback, and a thread

Rule 1. Nothing is called but the sandbox, until a saved connection is chosen in the page. Of connections the page knows
the names alone.

Rule 2. What a page shows has gone through the mask of the connection that it was called with.

Rule 3. A request that may change something at a real service is sent once it was confirmed, as it was shown.
"""

from openconnectors.engine.extras import require

require("connectors console", "docs")
require("connectors console", "sandbox")

from openconnectors.console.server import Console  # noqa: E402 - needs the extras

__all__ = ["Console"]
