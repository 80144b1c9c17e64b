"""One line for each request, with its route and never its path; and an id by which its records are found."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.urls(__name__)]

Logged = Callable[[], list[dict[str, Any]]]
CODE = "AUTUMN-7"
log = logging.getLogger("credentials_badges.anything")


def fine(request: HttpRequest, code: str = "") -> HttpResponse:
    log.warning("looking at %s", code)
    return HttpResponse("fine")


def crash(request: HttpRequest, token: str) -> HttpResponse:
    raise RuntimeError(f"{token} leads nowhere")


def odd(request: HttpRequest, code: str) -> HttpResponse:
    raise ValueError(f"{code} is no number")


urlpatterns = [
    path("claim/<path:code>/", fine),
    path("webhooks/<slug:provider>/<str:token>/", lambda request, provider, token: crash(request, token)),
    path("odd/<str:code>/", odd),
]


def line(logged: Logged) -> dict[str, Any]:
    """The line about the request."""
    (told,) = (told for told in logged() if told["event"] == "request")
    return told


def test_a_request_is_told_by_its_route(client: Client, logged: Logged) -> None:
    answer = client.get(f"/claim/{CODE}/?from=zoe@example.com", HTTP_REFERER=f"http://testserver/claim/{CODE}/")
    told = line(logged)
    assert (told["method"], told["route"], told["status"]) == ("GET", "/claim/<path:code>/", 200)
    assert 0 < told["ms"] < 10_000
    assert told["request_id"] == answer.headers["X-Request-ID"]
    assert next(told for told in logged() if told["logger"] == log.name)["event"] == "looking at [hidden]"
    assert CODE not in str(logged())
    assert "zoe" not in str(logged())  # A name that no hexadecimal id can hold by chance.


@pytest.mark.parametrize(("address", "status"), [(f"/webhooks/credly/{CODE}/", 500), (f"/odd/{CODE}/", 400)])
def test_neither_does_a_crash_tell_what_is_secret(logged: Logged, address: str, status: int) -> None:
    client = Client(raise_request_exception=False)
    assert client.get(address).status_code == status
    assert line(logged)["status"] == status
    assert "[hidden] " in str(logged())
    assert CODE not in str(logged())


@pytest.mark.parametrize("address", [f"/claims/{CODE}", f"/claim/{CODE}", "/"])
def test_nor_does_a_path_that_leads_nowhere(client: Client, logged: Logged, address: str) -> None:
    client.get(address)
    assert line(logged)["route"] in {"(no route)", "/claim/<path:code>/"}
    assert CODE not in str(logged())


def test_nor_does_a_form_that_came_from_elsewhere(logged: Logged) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(f"/claim/{CODE}/", HTTP_REFERER=f"https://testserver/claim/{CODE}/", secure=True)
    assert answer.status_code == 403
    assert CODE not in str(logged())


@pytest.mark.parametrize(("told", "taken"), [("proxy-4.7_B", True), ("x" * 65, False), ("a b", False), ("<b>", False)])
def test_an_id_is_taken_over_if_it_is_plain_and_short(client: Client, told: str, taken: bool) -> None:
    answer = client.get("/claim/x/", HTTP_X_REQUEST_ID=told)
    assert (answer.headers["X-Request-ID"] == told) is taken
    assert answer.headers["X-Request-ID"].replace("-", "").replace(".", "").replace("_", "").isalnum()
