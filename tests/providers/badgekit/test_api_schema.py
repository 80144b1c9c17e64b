"""`/api/schema/` describes every call of the BadgeKit API, and what is really answered is what it describes."""

import json
import re
from collections.abc import Iterator
from io import StringIO
from itertools import product
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from providers.badgekit.api.routes import Route
from providers.badgekit.api.schema import FORM, JSON, UPLOAD, describe, expanded
from providers.badgekit.api.schema_shapes import ANSWERS
from providers.badgekit.api.views import ROUTES
from tests.providers.badgekit.api import ADA, MASTER, Caller
from tests.providers.badgekit.examples import BADGE, BODIES, CODES, INSTANCES, NAMES, ORGANISATION, PROGRAMS, world

CALLS = [(route, path) for route in ROUTES for path in expanded(route.path)]
ONCE = [(route, next(expanded(route.path))) for route in ROUTES]
SENDING = [(route, path) for route, path in ONCE if (route.method, route.path) in BODIES]

pytestmark = pytest.mark.once


@pytest.fixture
def caller(db: None, settings: Any) -> Caller:
    """Calls with the master's key to the world."""
    settings.BADGEKIT_MASTER_SECRET = MASTER
    world()
    return Caller()


@pytest.fixture(scope="module")
def described() -> Any:
    """What the command prints; it fails at the first warning, and where OpenAPI's own schema says no."""
    out = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, format="openapi-json", stdout=out)
    return json.loads(out.getvalue())


def exactly(shape: Any) -> Any:
    """OpenAPI's shape as a JSON schema that takes no key which is not described."""
    if isinstance(shape, list):
        return [exactly(each) for each in shape]
    if not isinstance(shape, dict):
        return shape
    told = {name: exactly(each) for name, each in shape.items() if name != "nullable" or each is not True}
    if told.get("type") == "object" and "properties" in told:
        told["additionalProperties"] = False
    return {"anyOf": [told, {"type": "null"}]} if shape.get("nullable") is True else told


def unlike(described: Any, part: Any, value: Any) -> list[str]:
    """In what the value is unlike a part of the description, which may refer to other parts."""
    shape = exactly({**part, "components": {"schemas": described["components"]["schemas"]}})
    return [str(error) for error in jsonschema.Draft202012Validator(shape).iter_errors(value)]


def named(path: str, **names: str) -> str:
    """The path of what there is in the world."""
    found = {**NAMES, **names}
    return re.sub(r"{(\w+)}", lambda name: quote(found[name[1]], safe=""), path)


def departures(described: Any, route: Route, path: str, response: Any, status: int) -> list[str]:
    """In what the answer is another than what is described for the status; nothing if it is that one."""
    if response.status_code != status:
        return [f"{response.status_code} instead of {status}: {response.content!r}"]
    answers = described["paths"][path][route.method.lower()]["responses"]
    return unlike(described, answers[str(status)]["content"][JSON]["schema"], response.json())


def called(*among: tuple[Route, str]) -> Any:
    """Parametrizes by calls."""
    calls = among or CALLS
    return pytest.mark.parametrize(("route", "path"), calls, ids=[f"{route.method} {path}" for route, path in calls])


def references(node: Any) -> Iterator[str]:
    """All names of shapes in the node."""
    if isinstance(node, dict):
        yield from [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        node = list(node.values())
    for each in node if isinstance(node, list) else []:
        yield from references(each)


def test_it_describes_exactly_the_calls_that_there_are(described: Any) -> None:
    told = {(method.upper(), path) for path, item in described["paths"].items() for method in item}
    real = {(route.method, path) for route, path in CALLS} | {("GET", "/"), ("GET", "/healthcheck")}
    assert {call for call in told if not call[1].startswith("/api/")} == real


def test_it_is_of_the_version_that_has_nullable(described: Any) -> None:
    assert described["openapi"].startswith("3.0.")


def test_every_answer_has_a_shape_and_every_shape_is_an_answer() -> None:
    assert {route.answers for route in ROUTES} | {"Health"} == {*ANSWERS}


def test_it_names_no_shape_that_it_does_not_have_and_has_none_that_it_does_not_name(described: Any) -> None:
    had = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert {*references(described)} <= had
    assert {name for name in had - {*references(described)} if not name.endswith("Enum")} == set()


def test_each_call_has_a_name_of_its_own_a_summary_and_a_tag(described: Any) -> None:
    operations = [each for item in described["paths"].values() for each in item.values()]
    ids = [each["operationId"] for each in operations]
    assert len({*ids}) == len(ids)
    assert "badgekit_post_system_badge_code_claim" in ids
    assert all(each["summary"] and len(each["tags"]) == 1 for each in operations)
    assert described["paths"]["/systems/{system}/codes/{code}"]["get"]["tags"] == ["BadgeKit: claim codes"]


@pytest.mark.parametrize("taken", [{"paths": {"/": {"get": {}}}}, {"components": {"schemas": {"Badge": {}}}}])
def test_it_takes_the_place_of_nothing(taken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="two of"):
        describe(taken, None, None, None)


def test_there_is_an_example_for_each_call_that_takes_a_body() -> None:
    assert {(route.method, route.path) for route in ROUTES if route.takes or route.also_takes} == {*BODIES}


@called()
def test_a_success_is_what_is_described(caller: Caller, described: Any, route: Route, path: str) -> None:
    body = BODIES.get((route.method, route.path))
    operation = described["paths"][path][route.method.lower()]
    if body:
        assert not unlike(described, operation["requestBody"]["content"][JSON]["schema"], body)
    response = caller.ask(route.method, named(path), body)
    assert not departures(described, route, path, response, 301 if route.shows_picture else route.status)


@called(*[(route, path) for route, path in CALLS if route.paged])
def test_a_page_is_what_is_described(caller: Caller, described: Any, route: Route, path: str) -> None:
    response = caller.ask("GET", f"{named(path)}?page=1&count=1")
    assert not departures(described, route, path, response, 200)
    assert response.json()["pageData"]["count"] == 1


@pytest.mark.parametrize("kind", [FORM, UPLOAD])
@called(*SENDING)
def test_a_form_is_taken_as_well(caller: Caller, described: Any, route: Route, path: str, kind: str) -> None:
    fields = {name: as_sent(value) for name, value in BODIES[route.method, route.path].items() if value is not None}
    raw = urlencode(fields, doseq=True).encode() if kind == FORM else encode_multipart(BOUNDARY, fields)
    sent_as = kind if kind == FORM else MULTIPART_CONTENT
    response = caller.ask(route.method, named(path), raw, content_type=sent_as)
    assert not departures(described, route, path, response, route.status)


def as_sent(value: Any) -> Any:
    """The value as forms have it: texts, or several fields of one name, or a list of objects as JSON."""
    if isinstance(value, list):
        return json.dumps(value) if any(isinstance(each, dict) for each in value) else [str(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


@called(*[(route, path) for route, path in ONCE if "{" in path])
def test_what_is_not_there_is_described(caller: Caller, described: Any, route: Route, path: str) -> None:
    body = BODIES.get((route.method, route.path))
    for name in re.findall(r"{(\w+)}", path):
        if (name, route.answers) != ("email", "Instances"):  # Whoever holds nothing holds an empty list.
            response = caller.ask(route.method, named(path, **{name: "nowhere"}), body)
            assert not departures(described, route, path, response, 404)


@called(*ONCE)
def test_a_call_without_a_signature_is_refused_unless_it_is_open(
    caller: Caller, described: Any, route: Route, path: str
) -> None:
    response = caller.ask(route.method, named(path), BODIES.get((route.method, route.path)), HTTP_AUTHORIZATION="")
    if described["paths"][path][route.method.lower()]["security"]:
        assert not departures(described, route, path, response, 403)
    else:
        assert response.status_code in {200, 301}


@called(*ONCE)
def test_a_client_that_wants_no_json_is_refused_unless_it_gets_a_picture(
    caller: Caller, described: Any, route: Route, path: str
) -> None:
    response = caller.ask(route.method, named(path), HTTP_ACCEPT="text/html")
    assert not departures(described, route, path, response, 301 if route.shows_picture else 406)


@called(*SENDING)
def test_a_body_that_cannot_be_taken_is_refused_as_described(
    caller: Caller, described: Any, route: Route, path: str
) -> None:
    senseless = {name: {"no": "value"} for name in BODIES[route.method, route.path]}
    long = b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    for status, body, kind in (
        (400, senseless, JSON),
        (400, b"{", JSON),
        (400, b"{}", UPLOAD),
        (413, long, JSON),
        (415, b"x", "text/plain"),
    ):
        response = caller.ask(route.method, named(path), body, content_type=kind)
        assert not departures(described, route, path, response, status)


@pytest.mark.parametrize(
    ("route", "path", "body"),
    [
        pytest.param(route, path, body, id=f"{route.method} {path}")
        for (route, path), (method, template, body) in product(
            CALLS,
            [
                ("POST", "/systems", {**ORGANISATION, "slug": "city"}),
                ("PUT", f"{PROGRAMS}/{{program}}", {"slug": "other"}),
                ("POST", "{context}/badges", {**BADGE, "slug": "reader"}),
                ("PUT", "{context}/badges/{badge}", {"slug": "reader"}),
                ("POST", CODES, {"code": "single use"}),
                ("POST", INSTANCES, {"email": ADA}),
                ("POST", INSTANCES, {"email": "eve@example.com", "slug": "held"}),
            ],
        )
        if (route.method, route.path) == (method, template)
    ],
)
def test_a_conflict_is_what_is_described(
    caller: Caller, described: Any, route: Route, path: str, body: dict[str, Any]
) -> None:
    assert not departures(described, route, path, caller.ask(route.method, named(path), body), 409)


def test_the_root_and_the_health_check_are_what_is_described(caller: Caller, described: Any) -> None:
    for path in ("/", "/healthcheck"):
        told = described["paths"][path]["get"]["responses"]["200"]["content"][JSON]["schema"]
        assert not unlike(described, told, caller.get(path)[1])
