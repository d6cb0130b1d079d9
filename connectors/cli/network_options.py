"""The options of commands that call a service over the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openconnectors.cli.help_sections import Option
from openconnectors.network import Network

_SECTION = "Network"

NETWORK_OPTIONS = (
    Option(
        ["--proxy"], section=_SECTION, metavar="URL", help="Proxy for all requests, instead of HTTP_PROXY and the like."
    ),
    Option(
        ["--cacert"],
        section=_SECTION,
        metavar="PATH",
        help="File or folder of certificates to trust instead of the default.",
    ),
    Option(
        ["--cert"],
        section=_SECTION,
        metavar="FILE[:KEY]",
        help="Client certificate, with its key or with the file of it.",
    ),
    Option(["--no-env"], section=_SECTION, is_flag=True, help="Ignore proxies and certificates of the environment."),
)


def network_of(options: Mapping[str, Any]) -> Network:
    """The network of these options."""
    cert, colon, key = (options["cert"] or "").rpartition(":")
    return Network(
        proxy=options["proxy"],
        verify=options["cacert"],
        cert=((cert, key) if colon else key) or None,
        trust_env=not options["no_env"],
    )
