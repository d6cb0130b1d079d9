"""Operations as tools of an agent: a server of the Model Context Protocol (MCP, https://modelcontextprotocol.io).

    selection   which operations are chosen, by patterns
    schemas     arguments and values as JSON Schemas that clients accept
    json_values values of Python as JSON that every client reads
    tools       the operation behind a tool: its name, its description, its hints, its arguments
    choices     values of arguments that a service lists, asked for before the tools are listed
    catalogue   the tools within a budget of tokens; beyond it, a search
    results     values and errors as results that a model reads; what is too long is continued
    server      the requests of a client, answered with the official library ``mcp``

Rule 1. Starting a server sends nothing, and nothing that a client sends but the arguments of a tool reaches a service:
no header field, no credential.

Rule 2. Whatever a call raises is a result that says what is wrong, where, and what to do. Values and errors are masked.
"""

from openconnectors.engine.extras import require

require("openconnectors.engine.agents", "mcp", "mcp")
