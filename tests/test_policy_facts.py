"""Facts of the table of policies: what each row does to a body, a request or a response, and its parameters."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

import openconnectors
from openconnectors.engine import policies
from openconnectors.engine.client.connector import connected
from openconnectors.engine.client.diagnostics import diagnostics
from openconnectors.engine.errors import Diagnostic, Unsupported
from openconnectors.engine.masking import revealed
from openconnectors.engine.model import PolicyUse
from openconnectors.engine.policies import POLICIES, Row, compile_policy
from openconnectors.engine.policies.effects import (
    AskFirst,
    ChangeRequest,
    Cursor,
    Effect,
    Ignored,
    NextLink,
    RequestBuilder,
    RewriteBody,
    SetHeaders,
    Unauthenticated,
)
from openconnectors.engine.policies.expressions import Scope
from openconnectors.engine.policies.use import PolicyParameter, UnusablePolicy, Use
from tests.conftest import serving
from tests.test_policies import CALL, VALUES, Peer, folder

PROPERTY = {"propertyParentPath": "@body()", "propertySubPath": "a", "newPropertyPath": "@body().a"}
MOVE = {"srcParentPath": "@body().a", "dstParentPath": "@body().b"}

MINIMAL: dict[str, dict[str, Any]] = {
    "convertobjecttoarray": {**PROPERTY, "keyName": "k", "valueName": "v"},
    "convertarraytoobject": {**PROPERTY, "keyWithinCollectionPath": "k"},
    "stringtoarray": {**PROPERTY, "delimiterList": ";,"},
    "stringreplace": {**PROPERTY, "sourceString": "x", "replacementString": "y"},
    "encodepropertyvalue": PROPERTY,
    "moveproperties": MOVE,
    "setproperty": {
        "newPropertyParentPathTemplate": "@body()",
        "newPropertySubPathTemplate": "n",
        "propertyValuePathTemplate": "@body().a",
    },
    "setheader": {"name": "X-One", "value": "1"},
    "setqueryparameter": {"name": "one", "value": "1"},
    "dynamichosturl": {"urlTemplate": "https://api.example/base"},
    "dynamicsubdomain": {"urlTemplate": "https://api.example/base"},
    "routerequesttoendpoint": {"newPath": "/other/{id}"},
    "setvaluefromurl": {
        "parameterTemplate": "@headers('X-Token')",
        "parameterValueUrl": "/token",
        "parameterValuePathTemplate": "@body().token",
    },
    "updatenextlink": {"nextLinkPropertyName": "next"},
    "pollingtrigger": {"triggerConfig": {"since": "@body().last"}, "triggerDataPath": "@body().items"},
    "setconnectionstatustounauthenticated": {"statusCode": "403"},
}
"""Parameters with which each template compiles, by its id."""

CHOICES = [
    (template, parameter) for template, row in POLICIES.items() for parameter in row.parameters if parameter.choices
]


def use(template: str, parameters: Mapping[str, Any], section: Any = "request") -> PolicyUse:
    """One use of a template, as a properties file has it."""

    def finding(message: str) -> Diagnostic:
        return Diagnostic("policy", "warning", message, "apiProperties.json", 1, 1)

    return PolicyUse(template=template, section=section, operations=(), parameters=parameters, finding=finding)


def effect(template: str, section: Any = "request", **parameters: Any) -> Effect:
    """The one effect of a template with its minimal parameters and these."""
    (single,) = compile_policy(use(template, {**MINIMAL[template], **parameters}, section))
    return single


def changed(template: str, scope: Scope | None = None, **parameters: Any) -> RequestBuilder:
    """A request after the effect of a template."""
    single = effect(template, **parameters)
    assert isinstance(single, ChangeRequest)
    request = RequestBuilder(
        "POST", "https://things.example", "/things/7", ["one=0"], {"X-One": "0"}, path_variables={"id": "7"}
    )
    single.change(request, scope or Scope(method="POST"))
    return request


# Rows


def test_every_row_has_a_case_here() -> None:
    """The cases of this page are those of the table: none is missing."""
    assert set(MINIMAL) == set(POLICIES)


@pytest.mark.parametrize("template", POLICIES)
def test_a_row_compiles_with_what_it_requires(template: str) -> None:
    """A use with the required parameters alone compiles into one effect."""
    required = {parameter.name for parameter in POLICIES[template].parameters if parameter.required}

    (single,) = compile_policy(use(template, {name: MINIMAL[template][name] for name in required}))

    assert not isinstance(single, Ignored)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        (template, parameter.name)
        for template, row in POLICIES.items()
        for parameter in row.parameters
        if parameter.required
    ],
)
def test_a_required_parameter_that_is_missing_is_named(template: str, name: str) -> None:
    """A use without a required parameter raises UnusablePolicy, which has the parameter as a value."""
    rest = {known: value for known, value in MINIMAL[template].items() if known != name}

    with pytest.raises(UnusablePolicy, match=f"needs the parameter '{name}'") as caught:
        compile_policy(use(template, rest))

    assert caught.value.parameter == name


@pytest.mark.parametrize(("template", "name"), [(template, name) for template in MINIMAL for name in MINIMAL[template]])
def test_the_row_lists_the_parameters_that_are_read(template: str, name: str) -> None:
    """Each parameter of a case is one of its row: what the linter reads is what is compiled."""
    assert name in {parameter.name for parameter in POLICIES[template].parameters}


@pytest.mark.parametrize("template", POLICIES)
def test_no_function_reads_a_parameter_that_its_row_lacks(template: str) -> None:
    """A row's function is given a use that records what it reads; all of it is in the row."""
    read = set()

    class Recorded(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            read.add(name)
            return super().__getitem__(name)

        def get(self, name: str, default: Any = None) -> Any:
            read.add(name)
            return super().get(name, default)

    POLICIES[template].compile(Use(Recorded(MINIMAL[template])))

    assert read <= {parameter.name for parameter in POLICIES[template].parameters}


@pytest.mark.parametrize(("template", "parameter"), CHOICES)
def test_every_choice_compiles(template: str, parameter: PolicyParameter) -> None:
    """Each value that a row allows for a parameter compiles, in whatever case it is written."""
    for choice in parameter.choices:
        for spelling in (choice, choice.upper()):
            assert effect(template, **{parameter.name: spelling})


def test_a_template_without_a_row_is_refused() -> None:
    """A template that is not in the table raises UnusablePolicy for the use as a whole, with the known ones."""
    with pytest.raises(UnusablePolicy, match="known are convertobjecttoarray") as caught:
        compile_policy(use("magic", {}))

    assert caught.value.parameter == ""


UNUSABLE = {
    "an expression that is not one": ("moveproperties", "srcParentPath", "body"),
    "a function that is not known": ("setheader", "value", "@variables('x')"),
    "a value elsewhere than headers and query": ("setvaluefromurl", "parameterTemplate", "@body().x"),
    "no delimiter": ("stringtoarray", "delimiterList", ""),
    "a property in another object": ("stringreplace", "newPropertyPath", "@body().b.c"),
    "a status that is not a number": ("setconnectionstatustounauthenticated", "statusCode", "forbidden"),
    "a configuration that is a text": ("pollingtrigger", "triggerConfig", "@body()"),
    "a configuration with a function that is not known": ("pollingtrigger", "triggerConfig", {"a": "@utcnow()"}),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_parameter_that_cannot_be_used_is_a_value_of_the_error(case: str) -> None:
    """UnusablePolicy has the name of the parameter that is wrong, as a value beside the message."""
    template, name, value = UNUSABLE[case]

    with pytest.raises(UnusablePolicy) as caught:
        effect(template, **{name: value})

    assert caught.value.parameter == name


# Bodies

BODIES: dict[str, tuple[str, dict[str, Any], Any, Any]] = {
    "an object becomes a list of its members": (
        "convertobjecttoarray",
        {},
        {"a": {"x": 1, "y": 2}},
        {"a": [{"k": "x", "v": 1}, {"k": "y", "v": 2}]},
    ),
    "a list becomes an object by a key": (
        "convertarraytoobject",
        {},
        {"a": [{"k": "x", "n": 1}]},
        {"a": {"x": {"n": 1}}},
    ),
    "a text becomes a list": ("stringtoarray", {}, {"a": "p;q"}, {"a": ["p", "q"]}),
    "a text becomes a list of objects": (
        "stringtoarray",
        {"childPropertyName": "n"},
        {"a": "p;q"},
        {"a": [{"n": "p"}, {"n": "q"}]},
    ),
    "a part of a text is replaced": ("stringreplace", {}, {"a": "axb"}, {"a": "ayb"}),
    "a text is percent-encoded": ("encodepropertyvalue", {}, {"a": "p/q r"}, {"a": "p%2Fq%20r"}),
    "a member is moved": ("moveproperties", {}, {"a": 1, "b": {"c": 2}}, {"b": {"c": 2, "a": 1}}),
    "a member is renamed": (
        "moveproperties",
        {"dstParentPath": "@body()", "dstSubPath": "b"},
        {"a": 1, "c": 2},
        {"b": 1, "c": 2},
    ),
    "a member is added": ("setproperty", {}, {"a": 1}, {"a": 1, "n": 1}),
    "a value becomes a list of itself": (
        "setproperty",
        {"newPropertySubPathTemplate": "a", "propertyValuePathTemplate": "[@{body().a}]"},
        {"a": 1},
        {"a": [1]},
    ),
    "each object of a list": (
        "stringreplace",
        {"propertyParentPath": "@body().items", "newPropertyPath": "@item().a"},
        {"items": [{"a": "x"}, {"a": "z"}, 3]},
        {"items": [{"a": "y"}, {"a": "z"}, 3]},
    ),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_body_is_rewritten(case: str) -> None:
    """``apply`` rewrites a body as its template says."""
    template, parameters, before, after = BODIES[case]
    single = effect(template, **parameters)

    assert isinstance(single, RewriteBody)
    assert single.apply(before) == after


@pytest.mark.parametrize("case", BODIES)
def test_a_rewritten_body_is_restored(case: str) -> None:
    """``invert`` undoes ``apply``."""
    template, parameters, before, after = BODIES[case]
    single = effect(template, **parameters)

    assert isinstance(single, RewriteBody)
    assert single.invert(after) == before


@pytest.mark.parametrize("case", BODIES)
@pytest.mark.parametrize("body", [None, "text", 1, [], {}, {"a": None}, {"items": None}, [[1]]])
def test_a_body_of_another_shape_raises_nothing(case: str, body: Any) -> None:
    """Both directions take whatever a service sends: what does not fit stays as it is, or becomes empty."""
    template, parameters, _, _ = BODIES[case]
    single = effect(template, **parameters)

    assert isinstance(single, RewriteBody)
    single.apply(body)
    single.invert(body)


@pytest.mark.parametrize("case", BODIES)
@pytest.mark.parametrize("body", [..., None, [], {"a": None}, {"a": 1}, {"items": [[{"a": "x"}], {"a": {"b": 1}}]}])
def test_what_is_rewritten_in_place_is_what_a_copy_would_be(case: str, body: Any) -> None:
    """``in_place`` gives what ``apply`` gives, in the same order."""
    template, parameters, before, _ = BODIES[case]
    single = effect(template, **parameters)
    value = before if body is ... else body

    assert isinstance(single, RewriteBody)
    if single.in_place is not None:
        assert repr(single.in_place(deepcopy(value))) == repr(single.apply(value))


@pytest.mark.parametrize("case", BODIES)
def test_a_rewriting_leaves_the_value_that_it_gets(case: str) -> None:
    """``apply`` works on a copy: the caller's own object is not changed."""
    template, parameters, before, _ = BODIES[case]
    text = repr(before)
    single = effect(template, **parameters)

    assert isinstance(single, RewriteBody)
    single.apply(before)
    assert repr(before) == text


# Requests

ACTIONS = {"override": "1", "skip": "0", "append": "0, 1"}


@pytest.mark.parametrize("action", ACTIONS)
def test_a_header_field_that_exists(action: str) -> None:
    """``existsAction`` says whether a header field that is there is replaced, kept, or added to."""
    assert changed("setheader", existsAction=action).headers == {"X-One": ACTIONS[action]}


PAIRS = {"override": ["one=1"], "skip": ["one=0"], "append": ["one=0", "one=1"]}


@pytest.mark.parametrize("action", PAIRS)
def test_a_query_parameter_that_exists(action: str) -> None:
    """``existsAction`` says whether a parameter of the query that is there is replaced, kept, or added to."""
    assert changed("setqueryparameter", existsAction=action).query == PAIRS[action]


def test_a_header_field_of_a_response_is_another_effect() -> None:
    """In the section of responses setheader gives header fields in place of the response's own."""
    single = effect("setheader", section="response")

    assert isinstance(single, SetHeaders)
    assert single.fields({"X-One": "0"}, Scope()) == {"X-One": "1"}


def test_a_header_field_of_the_transport_is_ignored() -> None:
    """A field that the transport sets is not set; the effect says why, and which parameter it is."""
    single = effect("setheader", name="Content-Length")

    assert isinstance(single, Ignored)
    assert (single.parameter, "Content-Length" in single.reason) == ("name", True)


@pytest.mark.parametrize("template", ["dynamichosturl", "dynamicsubdomain"])
def test_a_host_is_chosen(template: str) -> None:
    """Both templates of a host set scheme, host and base path."""
    assert changed(template).base == "https://api.example/base"


def test_a_host_that_the_operator_names_stays() -> None:
    """If the base is fixed, the path of the template is added to it and its host is not used."""
    single = effect("dynamichosturl")
    request = RequestBuilder("GET", "http://127.0.0.1:9", "/", [], {}, fixed=True)

    assert isinstance(single, ChangeRequest)
    single.change(request, Scope())
    assert request.base == "http://127.0.0.1:9/base"


def test_a_request_goes_to_another_path() -> None:
    """newPath has path variables of the operation, and may have a query."""
    request = changed("routerequesttoendpoint", newPath="/other/{id}?kind=a", httpMethod="put")

    assert (request.method, request.path, request.query) == ("PUT", "/other/7", ["kind=a", "one=0"])


def test_a_value_is_asked_for_first() -> None:
    """setvaluefromurl has the request for the value, and puts the value where the target is, as a secret."""
    single = effect("setvaluefromurl")
    waiting = RequestBuilder("GET", "https://things.example", "/things", [], {"x-token": "old"})

    assert isinstance(single, AskFirst)
    prerequisite = single.request(waiting, Scope())
    assert (prerequisite.method, prerequisite.base, prerequisite.path) == ("GET", "https://things.example", "/token")
    known = single.put("new-token", waiting, Scope())
    assert (waiting.headers, waiting.secret_headers) == ({}, {"X-Token": "new-token"})
    assert known.headers == {"X-Token": "new-token"}
    assert waiting.mask.text("new-token") == "***"


# Responses


def test_a_polling_trigger_has_a_cursor() -> None:
    """pollingtrigger makes the query of the next poll of the last response, and says where the events are."""
    single = effect("pollingtrigger")

    assert isinstance(single, Cursor)
    scope = Scope(body={"last": "t1", "items": [1]})
    assert ({name: text.text(scope) for name, text in single.query.items()}, single.events.value(scope)) == (
        {"since": "t1"},
        [1],
    )


def test_a_next_link_is_a_name() -> None:
    """updatenextlink names the member of a response that has the next link."""
    assert effect("updatenextlink") == NextLink(("next",))
    below = effect("updatenextlink", nextLinkParentPropertyPath="@body().paging")
    assert below == NextLink(("paging", "next"))


def test_a_status_means_refused_credentials() -> None:
    """setconnectionstatustounauthenticated has its status as a number."""
    assert effect("setconnectionstatustounauthenticated") == Unauthenticated(403)


# A new policy


def test_a_policy_is_one_function_and_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function and a row of the table are a policy: a call sends what it changes, and a use of it without its
    parameter is a diagnostic."""

    def shout(use: Use) -> tuple[RewriteBody, ChangeRequest]:
        member = use["member"]

        def upper(body: Any) -> Any:
            return {**body, member: body[member].upper()} if isinstance(body, dict) else body

        def lower(body: Any) -> Any:
            return {**body, member: body[member].lower()} if isinstance(body, dict) else body

        return RewriteBody(upper, lower), ChangeRequest(lambda request, scope: request.headers.update({"X-Loud": "1"}))

    monkeypatch.setattr(policies, "POLICIES", {**POLICIES, "shout": Row(shout, (PolicyParameter("member"),))})
    peer = Peer({"/v1/things/a b": (200, {}, '{"list": "P;Q"}')})
    with serving(make_server("127.0.0.1", 0, peer, threaded=True)) as url:
        connector = openconnectors.load_file(
            folder(tmp_path, [{"template": "shout", "member": "list"}]), connection=VALUES, base_url=url
        )
        request = connector.change.request(**CALL)
        connector.change(**CALL)

    assert (request.headers["X-Loud"], request.body) == ("1", b'{"a":1,"list":"P;Q"}')
    assert peer.came[0][2]["X-Loud"] == "1"
    assert revealed(request.url).startswith(url)
    (tmp_path / "second").mkdir()
    wrong = openconnectors.load_file(folder(tmp_path / "second", [{"template": "shout"}]), connection=VALUES)
    assert [diagnostic.message for diagnostic in diagnostics(connected(wrong))] == [
        "the policy 'shout' needs the parameter 'member'"
    ]
    with pytest.raises(Unsupported):
        wrong.change(**CALL)


def test_the_effects_are_a_closed_set() -> None:
    """Each effect is a frozen class of its own, told apart by its type."""
    module = inspect.getmodule(RewriteBody)
    classes = {
        value for _, value in inspect.getmembers(module, inspect.isclass) if value.__module__ == RewriteBody.__module__
    }

    assert classes - {RequestBuilder} == {
        RewriteBody, ChangeRequest, SetHeaders, AskFirst, Cursor, NextLink, Unauthenticated, Ignored,
    }  # fmt: skip
