"""The files of a connector's folder in Microsoft's form, by their names."""

PUBLISHED = ("apiDefinition.swagger.json", "apiProperties.json")
"""The files of a connector's folder as Microsoft publishes it: read as they are, faults of form included."""

SCRIPT = "script.csx"
"""Beside them: what its publisher runs between a call and its request, for the operations that are listed, or all."""
