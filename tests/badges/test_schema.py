"""`/api/schema/` says what is really taken and answered, and `/api/docs/` shows it without any other host."""

import json
import re
import tomllib
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from credentials_badges.badges.models import Learner, LearningEvent
from tests.badges.world import passing

EVENTS = "/api/v1/events/"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


@pytest.fixture(scope="module")
def schema() -> Any:
    """What the command prints; it fails at the first warning, and where OpenAPI's own schema says no."""
    out = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, format="openapi-json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def sender(client: Client, db: None) -> Client:
    """Somebody who may send events, with a session."""
    learner = Learner.objects.create(username="lms")
    learner.user_permissions.add(Permission.objects.get(codename="add_learningevent"))
    client.force_login(learner)
    return client


def described(schema: Any, part: Any) -> jsonschema.Draft202012Validator:
    """Judges by a part of the schema, which may refer to other parts."""
    return jsonschema.Draft202012Validator({**part, "components": schema["components"]})


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> dict[str, set[str]]:
    """Every address with its methods."""
    found: dict[str, set[str]] = {}
    for pattern in patterns:
        address = before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            found |= routes(pattern.url_patterns, address)
        else:
            view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
            found[address] = {name for name in METHODS - {"options", "head"} if hasattr(view, name)}
    return found


def test_it_describes_every_route_of_the_api_with_all_its_methods(schema: Any) -> None:
    everything = routes(get_resolver().url_patterns, "/")
    real = {address: methods for address, methods in everything.items() if address.startswith("/api/v1/")}
    told = {address: METHODS & set(item) for address, item in schema["paths"].items() if address in real}
    assert EVENTS in real
    assert told == real


def test_everyone_may_read_it_in_both_forms_also_with_a_wrong_key(client: Client, schema: Any) -> None:
    asked = {"Accept": "application/vnd.oai.openapi+json", "Authorization": "Token wrong"}
    answer = client.get("/api/schema/", headers=asked)
    assert (answer.status_code, answer.json()) == (200, schema)
    assert yaml.safe_load(client.get("/api/schema/").content) == schema


def test_it_names_the_service_and_its_version(schema: Any) -> None:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    assert schema["info"]["title"] == "Credentials badges"
    assert schema["info"]["version"] == project["version"]


def test_events_are_sent_in_three_ways_by_three_kinds_of_credentials(schema: Any) -> None:
    sending = schema["paths"][EVENTS]["post"]
    assert sending["requestBody"]["required"]
    assert {*sending["requestBody"]["content"]} == {
        "application/json",
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
    }
    schemes = schema["components"]["securitySchemes"]
    assert [schemes[name] for need in sending["security"] for name in need] == [
        {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": 'Token-based authentication with required prefix "Token"',
        },
        {"type": "http", "scheme": "basic"},
        {"type": "apiKey", "in": "cookie", "name": "sessionid"},
    ]


def test_its_examples_are_what_it_describes_and_are_taken(schema: Any, sender: Client) -> None:
    for media_type, content in schema["paths"][EVENTS]["post"]["requestBody"]["content"].items():
        for example in content["examples"].values():
            assert described(schema, content["schema"]).is_valid(example["value"])
            answer = sender.post(EVENTS, example["value"], content_type=media_type)
            assert answer.status_code == 202
    assert LearningEvent.objects.get().learner.username == "ada"


@pytest.mark.parametrize("name", ["specversion", "source", "id", "type"])
@pytest.mark.parametrize("value", [None, " ", "\0", "x" * 256, 7])
def test_what_it_calls_no_event_is_refused(schema: Any, sender: Client, name: str, value: object) -> None:
    event = {**passing("ada", "OneX"), name: value}
    assert not described(schema, {"$ref": "#/components/schemas/CloudEvent"}).is_valid(event)
    assert sender.post(EVENTS, event, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    ("status", "body", "content_type", "headers"),
    [
        (202, "[]", "application/json", {}),
        (400, '[{"specversion": "1.0"}]', "application/json", {}),
        (400, "{", "application/json", {}),
        (401, "{}", "application/json", {"Authorization": "Token wrong"}),
        (403, "{}", "application/json", {}),
        (413, " " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1), "application/json", {}),
        (415, "{}", "text/plain", {}),
    ],
)
def test_every_answer_is_described(
    schema: Any, sender: Client, status: int, body: str, content_type: str, headers: dict[str, str]
) -> None:
    if status == 403:
        Learner.objects.get().user_permissions.clear()
    answer = sender.generic("POST", EVENTS, body, content_type=content_type, headers=headers)
    assert answer.status_code == status
    told = schema["paths"][EVENTS]["post"]["responses"][str(status)]["content"]["application/json"]["schema"]
    described(schema, told).validate(answer.json())


class Links(HTMLParser):
    """The addresses that a page has a browser load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in {"href", "src"} and value]


def test_the_page_needs_no_other_host(client: Client) -> None:
    page = client.get("/api/docs/", headers={"Authorization": "Token wrong"}).content.decode()
    *files, script = Links(page).found
    start = client.get(script).content.decode()
    assert 'url: "/api/schema/"' in start
    assert not re.search(r"https?:|[\"'(]//", page + start.replace("// ", ""))
    # Otherwise a public service would have every reader's browser tell its address to validator.swagger.io.
    assert '"validatorUrl": null' in start
    assert len(files) == 5
    for link in files:
        file = finders.find(link.removeprefix(settings.STATIC_URL))
        assert file, link
        if link.endswith(".css"):
            assert not re.search(r"@import|url\((?!\s*[\"']?data:)", Path(file).read_text())
