"""Every built-in connector: what it sends, byte by byte, and that its own sandbox takes every operation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import openconnectors
from openconnectors import registry
from openconnectors.engine.client.operation import calls_of
from openconnectors.engine.documents import loader
from openconnectors.engine.http import Request
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.sandbox import Sandbox

CASES = yaml.safe_load((Path(__file__).parent / "golden/built_in/requests.yaml").read_text("utf-8"))
BUILT_IN = [name for name, entry in registry.entries().items() if entry.source == "built in"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['connector']} {case['operation']}")
def test_what_is_sent(case: dict[str, Any]) -> None:
    """Each case's method, URL, headers and body are sent byte for byte, and secrets are not shown."""
    connector = openconnectors.load(case["connector"], connection=case["connection"])
    operation = connector[case["operation"]].using(**case.get("options", {}))
    request, expected = operation.request(**case["arguments"]), case["request"]
    credentials = connector.connection.credentials(calls_of(operation).plan.operation).merged(request.credentials)
    url, headers = credentials.reveal(request)
    assert (request.method, url) == (expected["method"], expected["url"])
    assert {name: headers.get(name) for name in expected["headers"]} == expected["headers"]
    body = request.body if isinstance(request.body, bytes) else b""
    assert body.decode("utf-8") == expected.get("body", "")
    for secret in case["connection"].values():
        assert secret not in str(request) or secret.startswith("AC")


def test_a_case_is_of_a_built_in_connector() -> None:
    """Every case names a built-in connector; a new connector needs none, its sandbox is tried below."""
    assert {case["connector"] for case in CASES} <= set(BUILT_IN)


@pytest.mark.parametrize("name", BUILT_IN)
def test_its_sandbox_takes_every_operation(name: str) -> None:
    """With minimal arguments every operation gets a declared response or a 404 of its sandbox, equal in each format."""
    entry = registry.find(name)
    service = loader.load(entry.document, entry.properties)
    with Sandbox(service) as sandbox:
        connector = openconnectors.load(
            name, connection=sandbox.values, base_url=sandbox.url, validate_responses="strict"
        )
        for operation_name in connector:
            operation = getattr(connector, operation_name)
            arguments = minimal(calls_of(operation).plan)
            values = []
            for accept in calls_of(operation).plan.offered or (None,):
                try:
                    values.append(operation.using(accept=accept)(**arguments))
                except (openconnectors.NotFound, openconnectors.BadRequest) as error:
                    values.append(error.status)
            if calls_of(operation).plan.operation.method == "GET":
                assert all(value == values[0] for value in values), operation_name


def test_a_pet_in_both_representations() -> None:
    """Created from XML, read as JSON and as XML, changed by a form, pictured, and gone."""
    entry = registry.find("petstore")
    with Sandbox(loader.load(entry.document, entry.properties)) as sandbox:
        shop = openconnectors.load(
            "petstore",
            connection={"api_key": sandbox.values["api_key"]},
            base_url=sandbox.url,
            validate_responses="strict",
        )
        pet = shop.add_pet.using(content_type="application/xml")(
            name="Grüße & Co", photo_urls=["a", "b"], tags=[{"id": 1, "name": "x"}], status="pending"
        )
        assert shop.get_pet_by_id(pet_id=pet["id"]) == pet
        assert shop.get_pet_by_id.using(accept="application/xml")(pet_id=pet["id"]) == pet
        assert shop.update_pet_with_form(pet_id=pet["id"], name="Rex")["name"] == "Rex"
        assert pet["id"] in [
            find_pets_by_statu["id"] for find_pets_by_statu in shop.find_pets_by_status(status=["pending"])
        ]
        assert shop.upload_file(pet_id=pet["id"], file=b"\x89PNG")["code"] == 1
        assert shop.delete_pet(pet_id=pet["id"]) is None
        with pytest.raises(openconnectors.NotFound):
            shop.get_pet_by_id(pet_id=pet["id"])
        with pytest.raises(openconnectors.Unauthorized):
            openconnectors.load("petstore", connection={"token": "another"}, base_url=sandbox.url).get_inventory()


def test_choices_of_another_connector() -> None:
    """Slack's channels are the choices of the argument channel, read from the service."""
    entry = registry.find("slack")
    with Sandbox(loader.load(entry.document, entry.properties)) as sandbox:
        connector = openconnectors.load("slack", connection=sandbox.values, base_url=sandbox.url)
        assert connector.post_message.choices("channel") == [("C0123456789", "general")]


def test_a_subscription_is_filled_in() -> None:
    """subscribe() fills in the hidden members of GitHub's hook: content type, events and the URL."""
    sent: list[Request] = []

    class Stop(Exception):
        pass

    class Carrier:
        def send(self, request: Request) -> Any:
            sent.append(request)
            raise Stop

    connector = openconnectors.load("github-issues", connection={"token": "t"}, transport=Carrier())
    with pytest.raises(Stop):
        connector.on_issue.subscribe("https://me.example/hook", owner="o", repo="r")
    assert sent[0].body == (b'{"events":["issues"],"config":{"content_type":"json","url":"https://me.example/hook"}}')
