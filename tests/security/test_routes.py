"""Each address lets in whom the table names, and nobody else, who sees not a byte; nothing is forged; nothing fails."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from providers.badgekit.api.schema import describe
from tests.providers.badgekit.desk import member
from tests.security import stage
from tests.security.table import (
    ADMIN_PAGES,
    ADMIN_SELF,
    API,
    EVERYONE,
    METHODS,
    OPEN,
    OUTSIDERS,
    PAGES,
    SIGNED,
    TABLE,
    WITH_SECRET,
)

pytestmark = [pytest.mark.once, pytest.mark.django_db]
FORGEABLE = {"badges/<slug:provider>/webhook/", "webhooks/<slug:provider>/<str:token>/"}
"""Providers have no token against forged requests, and what they say is not believed."""
HARMLESS = {"badges/<uuid:uuid>/share/<slug:network>/", "language/"}
"""A forged request adds one to a number, as any visit does, or changes a language; public pages set no cookie."""
ALWAYS = {
    "Content-Security-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Cross-Origin-Opener-Policy",
}
ADMIN_ROUTE = re.compile(r"admin/(?:(?P<app>[a-z_]+)/(?P<model>[a-z]+)/)?(?P<below>.*)")


def routes(patterns: Iterable[URLPattern | URLResolver] | None = None, before: str = "") -> Iterator[str]:
    """Every address, as `urls.py` writes it."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        else:
            yield address


class Visitors:
    """Browsers of all sorts of people; what one of them does is undone, and has to be answered as everything is."""

    def __init__(self, **options: Any) -> None:
        people = stage.people()
        self.options = options
        self.cookies = {
            name: stage.signed_in(learner).cookies
            for name, learner in {
                "anonymous": None,
                "learner": people["learner"],
                "another system's owner": people["owner"],
                "clerk": people["clerk"],
                "claimant": stage.claimant(),
                **{role: member(role, "village") for role in ("reader", "reviewer", "owner")},
                "administrator": people["administrator"],
            }.items()
        }

    def ask(self, name: str, method: str, address: str, **told: Any) -> tuple[int, Any, bytes]:
        """The status, the whole answer, and its bytes."""
        client = stage.signed_in(None, **self.options)
        client.cookies = self.cookies[name].copy()
        with transaction.atomic():
            answer = client.generic(method, address, **told)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        said = f"{method} {address} by {name}: {answer.status_code}"
        assert answer.status_code < 500, said
        assert set(answer.headers) >= ALWAYS, f"{said}, without {ALWAYS - set(answer.headers)}"
        return answer.status_code, answer, content


@pytest.fixture
def village(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Everything that addresses name, all of it the village's."""
    return stage.build(tmp_path, monkeypatch)


def address_of(route: str, known: dict[str, Any]) -> str:
    """An address that leads there."""
    if route in SIGNED:
        return f"/systems/{known['slug']}"
    own = {"code": known["text"]} if route.startswith("claim/") else {}
    own |= {"claim": known["own claim"]} if route.startswith("api/v1/claims/") else {}
    own |= {"token": known["link"]} if route.startswith("claims/") else {}
    own |= {"token": known["asked"]} if route.startswith("endorse/") else {}
    own |= {"uuid": known["endorsement"]} if route.startswith("api/v1/endorsements/") else {}
    own |= _of_document(route, known) if route.startswith("ob/") else {}
    own |= {"uuid": known["template"]} if route.startswith("templates/") else {}
    named = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str({**known, **own}[found[1]]), route)
    return "/" + named.removeprefix("^").removesuffix("/*$")


def _of_document(route: str, known: dict[str, Any]) -> dict[str, Any]:
    """What an address of an Open Badge names."""
    about = {"assertions": "given", "credentials": "given", "endorsements": "said"}
    named = {"uuid": known[about.get(route.split("/")[2], "template")], "provider": "badgekit", "key": known["issuer"]}
    return {**named, "kind": "badges" if "/status/" in route else "svg", "number": 0}


def is_let_in(status: int, answer: Any) -> bool:
    """Whether somebody was, be it to be told what is wrong with the request."""
    return status not in {401, 403, 404, 405} and not answer.get("Location", "").startswith("/login/?next=")


def refusals(route: str, name: str) -> set[int]:
    """How somebody is refused."""
    if route in API:
        # The method is looked at last, by whoever may be there at all.
        return {401} if name == "anonymous" else {403, 404, 405}
    if route in SIGNED:
        return {403, 405}
    return {302, 405} if name == "anonymous" else {403, 404, 405}


def test_every_address_is_in_the_table() -> None:
    found = {route for route in routes() if not route.startswith("admin/")}
    assert found == set(TABLE), "enter what is new in tests/security/table.py"


@pytest.mark.parametrize("part", [API, PAGES, OPEN | WITH_SECRET | SIGNED], ids=["api", "pages", "open"])
def test_those_are_let_in_whom_the_table_names(village: dict[str, Any], part: dict[str, Any]) -> None:
    visitors, wrong = Visitors(), []
    for route, may in part.items():
        address = address_of(route, village)
        for method in METHODS:
            # Whoever may do most may not do what nobody may.
            for name in EVERYONE if method in may else ("anonymous", "administrator"):
                let_in = name in may.get("GET" if method == "HEAD" else method, ())
                status, answer, content = visitors.ask(name, method, address)
                said = f"{method} {route} by {name}: {status}"
                if method != "OPTIONS" and is_let_in(status, answer) != let_in:
                    wrong.append(said)
                elif method != "OPTIONS" and not let_in and status not in refusals(route, name):
                    wrong.append(f"{said}, refused in another way than others")
                if name in OUTSIDERS and route not in WITH_SECRET and stage.SECRET.encode() in content:
                    wrong.append(f"{said}, and tells what is not theirs")
    assert wrong == []


def admin_routes() -> dict[str, str]:
    """Addresses of the administration, each with an object, by their routes."""
    models = {f"{model._meta.app_label}/{model._meta.model_name}": model for model in admin.site._registry}
    found = {}
    for route in routes():
        if not (match := ADMIN_ROUTE.fullmatch(route)):
            continue
        model = models.get(f"{match['app']}/{match['model']}")
        known = ADMIN_PAGES if model else ADMIN_SELF
        assert match["below"] in known or "app_label" in route, f"enter {route} in tests/security/table.py"
        pk = str(stage.row_of(model).pk) if model else "1"
        address = re.sub(r"<(?:\w+:)?\w+>", pk, route) if "(?P" not in route else "admin/badges/"
        found[route] = f"/{address}"
    return found


def test_the_administration_is_for_its_staff(village: dict[str, Any]) -> None:
    visitors, wrong = Visitors(), []
    for route, address in admin_routes().items():
        if route in {"admin/login/", "admin/logout/"}:
            continue
        for method in ("GET", "POST"):
            for name in ("anonymous", "another system's owner", "clerk"):
                status, answer, content = visitors.ask(name, method, address)
                said = f"{method} {route} by {name}: {status}"
                if name == "clerk":
                    # Staff without a permission see the empty first page, and change their own password.
                    is_right = status in {302, 403, 404, 405} or route in stage.FOR_ALL_STAFF
                else:
                    is_right = status in {302, 403} or route == "admin/jsi18n/"
                    if status == 302:
                        is_right &= answer["Location"].startswith(("/admin/login/", "/login/"))
                if not is_right or stage.SECRET.encode() in content:
                    wrong.append(said)
        status, _, _ = visitors.ask("administrator", "GET", address)
        if status in {400, 404} and "content_type_id" not in route:
            wrong.append(f"GET {route} by administrator: {status}")
    assert wrong == []


def test_nothing_that_changes_something_can_be_forged(village: dict[str, Any]) -> None:
    visitors, taken = Visitors(enforce_csrf_checks=True), []
    for route in {**API, **PAGES, **OPEN, **WITH_SECRET}:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for name in ("administrator", "owner", "claimant"):
                status, answer, content = visitors.ask(name, method, address_of(route, village))
                if is_let_in(status, answer):
                    taken.append(route)
                elif status == 403 and name == "administrator" and method in TABLE[route]:
                    assert b"CSRF" in content, f"{method} {route}"
    assert set(taken) == FORGEABLE | HARMLESS
    for address in admin_routes().values():
        assert visitors.ask("administrator", "POST", address)[0] in {403, 405}, address


def test_no_call_of_the_badgekit_api_works_unsigned(village: dict[str, Any]) -> None:
    described = describe({"openapi": "3.0.3", "info": {"title": "", "version": ""}}, None, None, None)
    visitors, answered = Visitors(), []
    for path, operations in described["paths"].items():
        address = re.sub(r"{(\w+)}", lambda found: str({**village, "system": "village"}.get(found[1], "x")), path)
        for method in operations.keys() & {"get", "post", "put", "delete"}:
            for name in ("anonymous", "administrator"):
                status, _, _ = visitors.ask(name, method.upper(), address)
                if status != 403:
                    answered.append((method, path))
    assert answered
    assert {path.split("/")[1] for _, path in answered} <= {"", "healthcheck", "public", "images"}
