"""Takes the way that ``CONNECTORS_WAY`` names, in any Python program that has this folder on its path."""

import os

if os.environ.get("CONNECTORS_WAY"):
    from tests.ways import take

    take(os.environ["CONNECTORS_WAY"])
