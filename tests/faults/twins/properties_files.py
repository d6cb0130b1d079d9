"""Faults of the files that are certified with a definition: settings, icon, readme, script."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Any

from tests.faults.twins.form import REMOVED, Fault
from tests.faults.twins.properties import CERTIFY, PAGES, RIGHT

ORANGE, WHITE, DEFAULT = (218, 59, 1, 255), (255, 255, 255, 255), (0, 126, 229, 255)
SCHEMA = "Microsoft's JSON schema of settings.json"
CLI = "README of Microsoft's command line (tools/paconn-cli), Settings file"
CODE = "learn.microsoft.com, Write code in a custom connector"


def image(width: int, height: int, color: tuple[int, int, int, int] = ORANGE) -> bytes:
    """A PNG image of one color."""
    rows = b"".join(b"\0" + bytes(color) * width for _ in range(height))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


_README = b"""# Pets
Pets of a shop.
## Publisher: Pet shop
## Prerequisites
A shop.
## Supported Operations
### List pets
## Obtaining Credentials
Ask for a key.
## Known Issues and Limitations
None.
"""
_LISTING = _README.replace(b"### List pets", b"### List pets\n### Add a pet\n### Get a pet\n### GetPet")
_SETTINGS = {
    "connectorId": "shared_pets",
    "environment": "00000000-0000-0000-0000-000000000000",
    "apiProperties": "apiProperties.json",
    "apiDefinition": "api.json",
    "icon": "icon.png",
    "script": None,
    "powerAppsUrl": "https://api.powerapps.com",
    "powerAppsApiVersion": "2016-11-01",
}
_FILES: dict[str, Any] = {
    "apiProperties.json#": RIGHT,
    "settings.json#": _SETTINGS,
    "icon.png#": image(230, 230),
    "readme.md#": _README,
}
_SCRIPT: dict[str, Any] = {
    "apiProperties.json#/properties/scriptOperations": ["ListPets"],
    "script.csx#": b"public class Script : ScriptBase {}",
}
_S = "settings.json#"


def _fault(
    name: str, source: str, sentence: str, wrong: Mapping[str, Any], *at: str,
    right: Mapping[str, Any] | None = None, profile: str = "microsoft",
) -> Fault:  # fmt: skip
    """A fault in a folder; ``right`` are changes of the right one."""
    return Fault(name, source, sentence, "microsoft", wrong, at or tuple(wrong), {**_FILES, **(right or {})}, profile)


# A row is two or three lines, so that a screen shows fifteen faults.
# fmt: off
FAULTS = [
    _fault("settings in a list", SCHEMA, "the settings are an object", {_S: [_SETTINGS]}, profile="default"),
    _fault("settings in a text", SCHEMA, "the settings are an object", {_S: "connectorId"}, profile="default"),
    _fault("settings in a list of texts", SCHEMA, "the settings are an object", {_S: ["shared_pets"]},
           profile="default"),
    _fault("settings that are null", SCHEMA, "the settings are an object", {_S: None}, profile="default"),
    _fault("connector of no identifier", CLI, "connectorId is the ID of the connector", {f"{_S}/connectorId": ""},
           profile="default"),
    _fault("environment of no identifier", CLI, "environment is the ID of the environment", {f"{_S}/environment": " "},
           profile="default"),
    _fault("definition of no name", CLI, "apiDefinition is the path of the definition", {f"{_S}/apiDefinition": ""},
           profile="default"),
    _fault("properties of no name", CLI, "apiProperties is the path of the properties", {f"{_S}/apiProperties": ""},
           profile="default"),
    _fault("icon of no name", CLI, "icon is the path of the icon", {f"{_S}/icon": ""}, profile="default"),
    _fault("script of no name", CLI, "script is the path of the script", {f"{_S}/script": ""}, profile="default"),
    _fault("definition that is the file of the properties", CLI, "apiDefinition is the path of the definition",
           {f"{_S}/apiDefinition": "apiProperties.json", f"{_S}/apiProperties": REMOVED}, f"{_S}/apiDefinition",
           profile="default"),
    _fault("icon that is a folder", CLI, "icon is the path of a file", {f"{_S}/icon": "."}, profile="default"),
    _fault("setting that is a number", SCHEMA, "connectorId is a text", {f"{_S}/connectorId": 7}, profile="default"),
    _fault("misspelled setting", SCHEMA, "settings have no other members", {f"{_S}/apiDefinitions": "api.json"},
           f"!{_S}/apiDefinitions", profile="default"),
    _fault("settings that name no file", PAGES, "apiDefinition is the path of the definition",
           {f"{_S}/apiDefinition": "api.jsn"}, profile="default"),
    _fault("settings that name no properties", PAGES, "apiProperties is the path of the properties",
           {f"{_S}/apiProperties": "properties.json"}, profile="default"),
    _fault("settings that name no icon", PAGES, "icon is the path of the icon", {f"{_S}/icon": "logo.png"},
           profile="default"),
    _fault("settings that name no script", PAGES, "script is the path of the script", {f"{_S}/script": "script.csx"},
           profile="default"),
    _fault("environment that is no GUID", SCHEMA, "environment is a GUID", {f"{_S}/environment": "my environment"},
           profile="default"),
    _fault("URL of settings without encryption", SCHEMA, "powerAppsUrl is a URL",
           {f"{_S}/powerAppsUrl": "http://api.powerapps.com"}, profile="default"),
    _fault("URL of settings that is none", SCHEMA, "powerAppsUrl is a URL", {f"{_S}/powerAppsUrl": "api.powerapps.com"},
           profile="default"),
    _fault("unknown version of the API", SCHEMA, "powerAppsApiVersion is 2016-11-01",
           {f"{_S}/powerAppsApiVersion": "2016-11-02"}, profile="default"),
    _fault("file of the settings in two places", SCHEMA, "each member names a file of its own",
           {f"{_S}/apiProperties": "apiDefinition.swagger.json"}, profile="default"),
    _fault("identifier of a connector with a blank", SCHEMA, "connectorId is the identifier of a connector",
           {f"{_S}/connectorId": "my connector"}, profile="default"),
    _fault("icon of another format", CERTIFY, "the icon is a PNG image", {"icon.png#": b"\xff\xd8\xff\xe0JFIF"}),
    _fault("icon that is cut", CERTIFY, "the icon is a PNG image", {"icon.png#": image(230, 230)[:20]}),
    _fault("icon without its end", CERTIFY, "the icon is a PNG image", {"icon.png#": image(230, 230)[:-12]}),
    _fault("icon that is not square", CERTIFY, "the icon is a square", {"icon.png#": image(230, 115)}),
    _fault("icon that is too small", CERTIFY, "the icon has about 230 x 230 pixels", {"icon.png#": image(32, 32)}),
    _fault("icon that is too large", CERTIFY, "the icon has about 230 x 230 pixels", {"icon.png#": image(512, 512)}),
    _fault("icon of too many bytes", CERTIFY, "the icon has less than 1 MB",
           {"icon.png#": image(230, 230) + bytes(1_100_000)}),
    _fault("white icon", CERTIFY, "the background is not white", {"icon.png#": image(230, 230, WHITE)}),
    _fault("icon of the default color", CERTIFY, "the background is not the default color",
           {"icon.png#": image(230, 230, DEFAULT)}),
    _fault("transparent icon", CERTIFY, "the background is not transparent",
           {"icon.png#": image(230, 230, (0, 0, 0, 0))}),
    _fault("icon of another color", CERTIFY, "the background is the iconBrandColor",
           {"icon.png#": image(230, 230, (0, 128, 0, 255))}),
    _fault("white brand color", CERTIFY, "the color is not white",
           {"apiProperties.json#/properties/iconBrandColor": "#FFFFFF"}),
    _fault("default brand color", CERTIFY, "the color is not the default one",
           {"apiProperties.json#/properties/iconBrandColor": "#007ee5"}),
    _fault("no publisher", CERTIFY, "publisher is the name of the company",
           {"apiProperties.json#/properties/publisher": REMOVED}, "!apiProperties.json#/properties"),
    _fault("no stack owner", CERTIFY, "stackOwner is the owner of the service",
           {"apiProperties.json#/properties/stackOwner": REMOVED}, "!apiProperties.json#/properties"),
    *(
        _fault(f"{name} of a connection parameter that stands for another", CERTIFY, "texts say what is entered",
               {f"apiProperties.json#/properties/connectionParameters/{pointer}": text})
        for name, pointer, text in (
            ("title", "region/uiDefinition/displayName", "string"),
            ("description", "region/uiDefinition/description", "TODO: where your shop is."),
            ("tooltip", "api_key/uiDefinition/tooltip", "Lorem ipsum"),
        )
    ),
    _fault("no readme", CERTIFY, "a readme is necessary", {"readme.md#": REMOVED}, ""),
    _fault("empty readme", CERTIFY, "the readme documents the connector", {"readme.md#": b"\n"}),
    _fault("readme without known issues", CERTIFY, "the readme has the sections of the template",
           {"readme.md#": _README.partition(b"## Known")[0]}),
    *(
        _fault(f"readme with {what}", f"{CERTIFY}; GitHub Flavored Markdown, links", "a link leads to something",
               {"readme.md#": _README.partition(b"\n")[0] + b"\n" + link + b"\n" + _README.partition(b"\n")[2]},
               f"readme.md#/{2 + link.count(b'guide]: ') * 2}")
        for what, link in (
            ("a link to no file", b"[Guide](docs/guide.md) "), ("an image that is not there", b"![A pet](pet.png) "),
            ("an image of HTML that is not there", b"<img width=\"100\" src=\"pet.png\"> "),
            ("a link to no heading", b"[Limits](#limits) "), ("a link without an address", b"[Guide]() "),
            ("a link to an address of mail", b"[Help](help@pets.example) "),
            ("a link to a path of another host", b"[Pets](/pets) "),
            ("the definition of a link to no file", b"[Guide][guide]\n\n[guide]: guide.md "),
        )
    ),
    _fault("readme of operations that are not there", CERTIFY, "the readme describes actions and triggers",
           {"readme.md#": _LISTING.replace(b"### Get a pet", b"### Give a pet")}, "readme.md#/9",
           right={"readme.md#": _LISTING}),
    _fault("readme without a title", CERTIFY, "the readme has the title of the template",
           {"readme.md#": _README.partition(b"\n")[2]}, "readme.md#"),
    _fault("section of the template", CERTIFY, "the readme documents the connector",
           {"readme.md#": b"Required. Include any known issues.\n" + _README}, "readme.md#"),
    _fault("readme that is to do", CERTIFY, "the readme documents the connector",
           {"readme.md#": b"TODO\n" + _README}, "readme.md#"),
    _fault("readme of the template", CERTIFY, "the readme documents the connector",
           {"readme.md#": b"Required. One paragraph about the service.\n" + _README}, "readme.md#",
           right={"readme.md#": b"Pets\n" + _README}),
    _fault("script that is not there", PAGES, "the listed operations are run by the script", {"script.csx#": REMOVED},
           "!apiProperties.json#/properties/scriptOperations", right=_SCRIPT),
    _fault("script of too many bytes", CODE, "a script has at most 1 MB", {"script.csx#": bytes(1_100_000)},
           right=_SCRIPT),
    _fault("definition of too many bytes", CERTIFY, "a definition has at most 1 MB",
           {"/info/x-notes": "x" * 1_100_000}, ""),
]
# fmt: on
