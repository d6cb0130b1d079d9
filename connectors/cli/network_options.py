"""The options of commands that call a service over the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from openconnectors.network import Network

NETWORK_OPTIONS = (
    click.Option(["--proxy"], metavar="URL", help="Proxy for all requests, instead of HTTP_PROXY and the like."),
    click.Option(["--cacert"], metavar="PATH", help="File or folder of certificates to trust instead of the default."),
    click.Option(["--cert"], metavar="FILE[:KEY]", help="Client certificate, with its key or with the file of it."),
    click.Option(["--no-env"], is_flag=True, help="Ignore proxies and certificates of the environment."),
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
