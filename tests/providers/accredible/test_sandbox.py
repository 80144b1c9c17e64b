"""The played Accredible answers as the real one is documented to."""

from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from providers.accredible.sandbox import AccredibleSandbox
from tests.providers.accredible.conftest import KEY

OTHER_KEY = "the-key-of-another-issuer"
ADDRESS = "mira.okafor@learners.example"


class Caller:
    """Calls the sandbox with one issuer's key."""

    def __init__(self, sandbox: AccredibleSandbox, key: str = KEY) -> None:
        self._client = Client(sandbox)
        self._headers = {"Authorization": f"Token token={key}"}

    def __call__(self, method: str, path: str, body: object = None) -> TestResponse:
        return self._client.open(path, method=method, json=body, headers=self._headers)

    def create(self, email: str = ADDRESS, **fields: Any) -> TestResponse:
        recipient = {"name": "Mira Okafor", "email": email, "id": "learner-1"}
        return self("POST", "/v1/credentials", {"credential": {"group_id": 418201, "recipient": recipient, **fields}})

    def found(self, **query: Any) -> list[int]:
        answer = self("POST", "/v2/credentials/search", {"query": {k.replace("__", "."): v for k, v in query.items()}})
        assert answer.json is not None
        return [row["id"] for row in answer.json["credentials"]]


@pytest.fixture
def played() -> AccredibleSandbox:
    """Two issuers whose clock stands still."""
    sandbox = AccredibleSandbox(clock=lambda: 1_790_000_000.0)  # 2026-09-21, in UTC.
    sandbox.search_lag = 0
    sandbox.add_issuer("Harbour Point Institute", KEY, groups=55)
    sandbox.add_issuer("Other Institute", OTHER_KEY, groups=["Welding"])
    return sandbox


def test_issuers_are_strangers(played: AccredibleSandbox) -> None:
    one, other = Caller(played), Caller(played, OTHER_KEY)
    created = one.create(id="our-id").json
    assert created is not None
    assert other("GET", "/v1/credentials/our-id").status_code == 404
    assert other("GET", "/v1/issuer/groups/418201").status_code == 404
    assert other.found(license_id="our-id") == []
    assert one.found(license_id="our-id") == [int(created["credential"]["id"])]
    assert [row["license_id"] for row in played.credentials(5512)] == ["our-id"]
    assert played.credentials(5513) == []
    assert [group["course_name"] for group in played.issuers[5513].groups.values()] == ["Welding"]


def test_groups_differ_and_some_have_no_primary_design(played: AccredibleSandbox) -> None:
    groups = played.issuers[5512].groups.values()
    assert len({group["course_name"] for group in groups}) == 55
    assert {group["primary_design_id"] is None for group in groups} == {True, False}
    group = Caller(played)("GET", "/v1/issuer/groups/418201").json
    assert group is not None
    design = Caller(played)("GET", f"/v1/designs/{group['group']['badge_design_id']}").json
    assert design is not None
    assert design["design"]["rasterized_content_url"]


@pytest.mark.parametrize(("plain", "text"), [(False, '"success": false'), (True, "HTTP Token: Access denied.")])
def test_a_bad_key_is_refused_in_either_form(played: AccredibleSandbox, plain: bool, text: str) -> None:
    played.plain_401 = plain
    answer = Caller(played, "wrong")("GET", "/v1/issuer/details")
    assert answer.status_code == 401
    assert text in answer.text


def test_patch_is_not_there(played: AccredibleSandbox) -> None:
    assert Caller(played)("PATCH", "/v1/credentials/1", {"credential": {}}).status_code == 404


def test_an_address_is_taken_once_in_a_group_unless_it_allows_more(played: AccredibleSandbox) -> None:
    call = Caller(played)
    assert call.create().status_code == 200
    refused = call.create(email=ADDRESS.upper())
    assert (refused.status_code, refused.json) == (422, {"errors": {"recipient.email": ["has already been taken"]}})
    assert call.create(group_id=418202).status_code == 200
    played.issuers[5512].allow_duplicate_credentials.add(418201)
    assert call.create().status_code == 200


@pytest.mark.parametrize(("blocks", "status"), [(False, 200), (True, 422)])
def test_whether_an_expired_credential_blocks_is_a_switch(played: AccredibleSandbox, blocks: bool, status: int) -> None:
    played.expired_blocks = blocks
    call = Caller(played)
    call.create(id="first")
    assert call("PUT", "/v1/credentials/first", {"credential": {"expired_on": "2026-09-20"}}).status_code == 200
    assert call.create().status_code == status


@pytest.mark.parametrize(("refused", "status"), [(False, 200), (True, 422)])
def test_whether_a_repeated_id_is_refused_is_a_switch(played: AccredibleSandbox, refused: bool, status: int) -> None:
    played.repeated_id_refused = refused
    call = Caller(played)
    call.create(id="ours")
    assert call.create(id="ours", email="someone.else@learners.example").status_code == status


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"group_id": 1}, "Invalid Group"),
        ({"recipient": {"email": ADDRESS}}, {"recipient.name": ["can't be blank"]}),
        ({"issued_on": "2026-09-14 10:00:00 +0000"}, {"issued_on": ["is not a date"]}),
    ],
)
def test_a_wrong_credential_is_refused(played: AccredibleSandbox, fields: dict[str, Any], errors: object) -> None:
    answer = Caller(played).create(**fields)
    assert (answer.status_code, answer.json) == (422, {"errors": errors})


def test_credits_run_out_and_the_rest_stays_unpublished(played: AccredibleSandbox) -> None:
    played.credits = 1
    call = Caller(played)
    approved = [call.create(email=f"{n}@learners.example").json["credential"]["approve"] for n in range(2)]  # type: ignore[index]
    assert approved == [True, False]
    assert call.found(approve=False) == [24810378]
    details = call("GET", "/v1/issuer/details").json
    assert details is not None
    assert details["issuer"]["certificate_left"] == 0


def test_the_search_knows_its_keys_and_lists_of_values(played: AccredibleSandbox) -> None:
    call = Caller(played)
    call.create()
    assert call.found(group__id=418201, recipient_email=ADDRESS) == [24810377]
    assert call.found(**{"group__id[in]": [418201, 418202], "recipient_id": "learner-1"}) == [24810377]
    assert call.found(group__id=418202) == []
    answer = call("POST", "/v2/credentials/search", {"query": {"email": ADDRESS}})
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["status"] == "invalid_search_query"


def test_the_search_lags_and_reading_by_id_does_not() -> None:
    now = [1_790_000_000.0]
    sandbox = AccredibleSandbox(clock=lambda: now[0])
    sandbox.add_issuer("Harbour Point Institute", KEY, groups=1)
    sandbox.search_lag = 2
    call = Caller(sandbox)
    call.create(id="ours")
    assert call.found(license_id="ours") == []
    assert call("GET", "/v1/credentials/ours").status_code == 200
    now[0] += 2
    assert call.found(license_id="ours") == [24810377]


def test_deleting_is_for_good(played: AccredibleSandbox) -> None:
    call = Caller(played)
    call.create(id="ours")
    assert call("DELETE", "/v1/credentials/ours").status_code == 200
    assert call("GET", "/v1/credentials/ours").status_code == 404


def test_a_lost_answer_befalls_no_search_by_dice(played: AccredibleSandbox) -> None:
    played.faults.lost = 1.0
    assert Caller(played).found(license_id="ours") == []
