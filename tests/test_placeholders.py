"""Secrets in documents, and texts that stand in the place of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openconnectors.engine.lint import validate

_KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"


def _reported(text: str, folder: Path) -> bool:
    path = folder / "api.json"
    info = {"title": "T", "version": "1", "description": text}
    path.write_text(json.dumps({"swagger": "2.0", "info": info, "paths": {}}))
    return "secret-committed" in {finding.rule for finding in validate(path)}


@pytest.mark.parametrize(
    "text",
    [
        f"-----BEGIN PRIVATE KEY-----\n{_KEY}\n{_KEY}\n-----END PRIVATE KEY-----",
        "AKIA" + "Q3EGRZTX7WVKLM2P",
        "ghp_" + "a8Kd92LxQw7ZrT4mVb6NcY1eHs3JfU5gPo0i",
        "sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc",
        "https://svc_reports:Tr0ub4dor3@db.pets.example/",
        "https://user:pass@pets.example and https://svc:Tr0ub4dor3@pets.example",
    ],
)
def test_a_secret_is_reported(text: str, tmp_path: Path) -> None:
    """Keys, tokens and passwords in URLs are reported, also after a placeholder."""
    assert _reported(text, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "A key begins with -----BEGIN RSA PRIVATE KEY-----, and its lines follow.",
        "-----BEGIN PRIVATE KEY-----\n" + "X" * 64 + "\n" + "X" * 64 + "\n-----END PRIVATE KEY-----",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "x" * 36,
        "sk_" + "live_YOUR_SECRET_KEY_HERE".replace("_", "0"),
        "xoxb-" + "your-token-goes-here-0000",
        "https://user:password@pets.example/",
        "https://client:client_secret@pets.example/",
        "https://svc:***@pets.example/",
        "https://<name>:<key>@pets.example/",
    ],
)
def test_a_placeholder_is_no_secret(text: str, tmp_path: Path) -> None:
    """Words, ellipses and keys of one character are no secret."""
    assert not _reported(text, tmp_path)
