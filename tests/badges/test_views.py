"""``POST /api/v1/events/``: who may send, what is taken, and that nothing sent there makes it fall over."""

import base64
import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from rest_framework.authtoken.models import Token

from credentials_badges.badges.models import Learner, LearningEvent
from tests.badges.world import passing

pytestmark = pytest.mark.once

URL = "/api/v1/events/"
JSON = "application/json"


@pytest.fixture
def sender(db: None) -> Learner:
    """Somebody who may send events."""
    learner = Learner.objects.create(username="lms")
    learner.user_permissions.add(Permission.objects.get(codename="add_learningevent"))
    return learner


@pytest.fixture
def client(sender: Learner) -> Client:
    """Sends with the sender's token, and hands on a 500 instead of raising."""
    token = Token.objects.create(user=sender)
    return Client(raise_request_exception=False, headers={"Authorization": f"Token {token.key}"})


def post(client: Client, body: Any, content_type: str = JSON, **headers: str) -> Any:
    """Send what is given: text and bytes as they are, all else as JSON."""
    body = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.generic("POST", URL, body, content_type=content_type, headers=headers)


@pytest.mark.parametrize("content_type", [JSON, "application/cloudevents+json", "application/json; charset=bz2"])
def test_one_event_is_stored_and_counted(client: Client, content_type: str) -> None:
    answer = post(client, passing("ada", "OneX"), content_type)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "duplicate": 0})
    assert LearningEvent.objects.get().learner.username == "ada"


@pytest.mark.parametrize("content_type", [JSON, "application/cloudevents-batch+json"])
def test_a_list_is_stored_and_its_duplicates_are_counted(client: Client, content_type: str) -> None:
    one, other = passing("ada", "OneX"), passing("ben", "OneX")
    assert post(client, [one, one, other], content_type).json() == {"accepted": 2, "duplicate": 1}
    assert post(client, [other, one], content_type).json() == {"accepted": 0, "duplicate": 2}
    assert LearningEvent.objects.count() == 2


def test_an_empty_batch_is_a_batch(client: Client) -> None:
    answer = post(client, [])
    assert (answer.status_code, answer.json()) == (202, {"accepted": 0, "duplicate": 0})


def test_one_wrong_event_keeps_its_whole_batch_out_and_is_named(client: Client) -> None:
    answer = post(client, [passing("ada", "OneX"), {**passing("ben", "OneX"), "id": ""}, 7])
    assert answer.status_code == 400
    assert [(wrong["index"], wrong["error"]) for wrong in answer.json()["invalid"]] == [
        (1, "id is missing or is not a text"),
        (2, "an event must be a JSON object"),
    ]
    assert not LearningEvent.objects.exists()


def test_a_batch_of_very_many_wrong_events_gets_a_short_answer(client: Client) -> None:
    answer = post(client, f"[{','.join('0' * 100_000)}]")
    assert answer.status_code == 400
    assert "100000" in answer.json()["detail"]
    assert len(answer.content) < 10_000


@pytest.mark.parametrize("name", ["specversion", "source", "id", "type"])
def test_an_event_without_a_required_attribute_is_refused_by_its_name(client: Client, name: str) -> None:
    answer = post(client, {key: value for key, value in passing("ada", "OneX").items() if key != name})
    assert answer.status_code == 400
    assert answer.json()["invalid"][0]["error"].startswith(f"{name} is missing")


HOSTILE = {
    "nothing": "",
    "half an object": '{"id": ',
    "a scalar": "7",
    "null": "null",
    "not UTF-8": b'{"id": "\xff"}',
    "half a code": b"\xf0\x9f",
    "deep lists": "[" * 100_000 + "]" * 100_000,
    "deep objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "a number of too many digits": '{"id": ' + "1" * 5_000 + "}",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_event_is_refused(client: Client, body: str | bytes) -> None:
    answer = post(client, body)
    assert answer.status_code == 400
    assert not LearningEvent.objects.exists()


IN_DATA = {
    "NaN": "NaN",
    "infinity": "-Infinity",
    "infinite by its exponent": "1e400",
    "an integer of 400 digits": "9" * 400,
    "NUL": r'"a\u0000b"',
    "NUL in a key": r'{"a\u0000b": 1}',
    "half a pair": r'"\ud800"',
    "half a pair in a list": r'[["\udfff"]]',
    "31 levels": "[" * 30 + "]" * 30,
    "800 levels": "[" * 800 + "]" * 800,
}


@pytest.mark.parametrize("value", IN_DATA.values(), ids=IN_DATA)
def test_data_that_not_every_database_can_hold_is_refused(client: Client, value: str) -> None:
    event = json.dumps({**passing("ada", "OneX"), "data": {"course": "HERE", "other": 1}})
    answer = post(client, event.replace('"HERE"', value))
    assert answer.status_code == 400
    assert answer.json()["invalid"][0]["error"].startswith("data ")
    assert not LearningEvent.objects.exists()


@pytest.mark.parametrize("value", ["1e22", "9" * 300, "[" * 25 + "]" * 25, r'"\ud83d\ude00"', '"\x7f"', "-0.0"])
def test_unusual_data_that_every_database_can_hold_is_stored(client: Client, value: str) -> None:
    event = json.dumps({**passing("ada", "OneX"), "data": {"course": "HERE", "other": 1}})
    assert post(client, event.replace('"HERE"', value)).json() == {"accepted": 1, "duplicate": 0}
    assert LearningEvent.objects.get().payload["course"] == json.loads(value)


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "time"])
@pytest.mark.parametrize("value", ["\0", "\ud800", "x" * 256, 7, None, ["a"], {"a": []}])
def test_an_attribute_of_any_odd_kind_is_never_an_error_of_ours(client: Client, name: str, value: Any) -> None:
    answer = post(client, {**passing("ada", "OneX"), name: value})
    assert answer.status_code == (202 if (name, value) == ("time", None) else 400)


def test_of_a_key_that_stands_twice_the_last_one_counts(client: Client) -> None:
    body = json.dumps(passing("ada", "OneX")).replace('"id": "', '"id": "first", "id": "', 1)
    assert post(client, body).status_code == 202
    assert LearningEvent.objects.get().event_id != "first"


def test_a_body_above_the_limit_is_413(client: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = post(client, [passing("ada", "OneX")] * 10)
    assert answer.status_code == 413
    assert "too large" in answer.json()["detail"]
    assert not LearningEvent.objects.exists()


def test_without_credentials_it_is_401(sender: Learner) -> None:
    answer = post(Client(), passing("ada", "OneX"))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("authorization", ["Token no-such-key", "Token", "Token a b", "Basic !", "Basic bG1zOm5v"])
def test_with_wrong_credentials_it_is_401(sender: Learner, authorization: str) -> None:
    assert post(Client(), passing("ada", "OneX"), Authorization=authorization).status_code == 401


def test_without_the_permission_it_is_403(client: Client, sender: Learner) -> None:
    sender.user_permissions.clear()
    assert post(client, passing("ada", "OneX")).status_code == 403
    assert not LearningEvent.objects.exists()


def test_basic_authentication_will_do(sender: Learner) -> None:
    sender.set_password("lms-password")
    sender.save()
    credentials = base64.b64encode(b"lms:lms-password").decode()
    assert post(Client(), passing("ada", "OneX"), Authorization=f"Basic {credentials}").status_code == 202


def test_a_session_needs_the_csrf_token(sender: Learner) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(sender)
    assert post(browser, passing("ada", "OneX")).status_code == 403
    browser.cookies["csrftoken"] = "c" * 32
    assert post(browser, passing("ada", "OneX"), **{"X-CSRFToken": "c" * 32}).status_code == 202


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_are_405(client: Client, method: str) -> None:
    assert getattr(client, method)(URL).status_code == 405


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_other_content_types_are_415(client: Client, content_type: str) -> None:
    assert post(client, passing("ada", "OneX"), content_type).status_code == 415
