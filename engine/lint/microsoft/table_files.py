"""Rules of Microsoft's profile for the files that are certified with a definition, a row each: of its pages for
publishers, which give them no ids."""

from __future__ import annotations

from openconnectors.engine.lint.microsoft.table import Rule
from openconnectors.engine.lint.table import RULES

# A row is three lines, so that a screen shows fifteen rules.
# fmt: off
ROWS = (
    Rule("SpecificationVersionIncorrect", "error", reported_by="structure-version",
         why="Microsoft's platform reads definitions in Swagger 2.0 alone.",
         fix="Begin the document with swagger: \"2.0\", or convert it: connectors convert FILE --to 2.0."),
    Rule("definition-size", "error", "document",
         why="Microsoft accepts definitions of at most 1 MB.",
         fix="Divide the connector into two, or remove what is not used."),
    Rule("icon-format", "error", "document",
         why="The icon of a connector is a PNG image.",
         fix="Save it as PNG, under the name icon.png."),
    Rule("icon-size", "warning", reported_by="icon-format",
         why="An icon is a square of 100 to 230 pixels, and a file of less than 1 MB.",
         fix="Scale it to 230 × 230 pixels."),
    Rule("icon-background", "warning", reported_by="icon-format",
         why="The icon is shown on the brand color: its background is that color, and neither white nor transparent.",
         fix="Fill the background with the iconBrandColor."),
    Rule("brand-color-reserved", "warning", "document",
         why="White and the default color of the platform are not accepted as the color of a brand.",
         fix="Use the color of the brand; independent publishers use #da3b01."),
    Rule("publisher-missing", "warning", "document",
         why="The reference page of a certified connector names its publisher and the owner of the service.",
         fix="Add it."),
    Rule("readme-missing", "info", "document",
         why="A connector is certified with a readme that documents its operations, credentials and limits.",
         fix="Add a readme.md."),
    Rule("readme-section", "info", reported_by="readme-missing",
         why="The template of the readme requires these sections.",
         fix="Add the section, or write the text in place of the template's."),
    Rule("readme-link", "warning", reported_by="readme-missing",
         why="Who follows the link, or looks at the image, finds nothing.",
         fix="Write the whole URL, or add the file beside the readme."),
    Rule("readme-operation", "info", reported_by="readme-missing",
         why="The readme lists the operations of the connector; this is none of them.",
         fix="Write the summary of an operation, or remove it."),
    Rule("script-missing", "warning", "document",
         why="Operations that are run by a script need the script.",
         fix="Add script.csx, or remove scriptOperations."),
    Rule("script-size", "error", reported_by="script-missing",
         why="Microsoft accepts scripts of at most 1 MB.",
         fix="Shorten the script."),
)
# fmt: on

RULES.add(*ROWS)
check = RULES.check
