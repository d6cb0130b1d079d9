"""The options of commands that call a service over the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from openconnectors.network import Network

NETWORK_OPTIONS = (
    click.Option(["--proxy"], metavar="URL", help="Proxy for all requests; HTTP_PROXY and its like are not read then."),
    click.Option(["--cacert"], metavar="PATH", help="File or folder of certificates to trust instead of the usual."),
    click.Option(["--cert"], metavar="FILE[:KEY]", help="Client certificate, with its key or with the file of it."),
    click.Option(["--no-env"], is_flag=True, help="Read no proxy and no certificates from the environment."),
)


def network_of(given: Mapping[str, Any]) -> Network:
    """The network that these options ask for."""
    cert, colon, key = (given["cert"] or "").rpartition(":")
    return Network(
        proxy=given["proxy"],
        verify=given["cacert"],
        cert=((cert, key) if colon else key) or None,
        trust_env=not given["no_env"],
    )
