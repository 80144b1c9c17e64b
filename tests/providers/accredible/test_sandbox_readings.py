"""What Accredible leaves open can be played in each way, and what it promises is kept in all of them."""

import json
from typing import Any

import pytest
from werkzeug.test import Client

from providers.accredible.sandbox import AccredibleSandbox
from tests.providers.accredible.conftest import KEY
from tests.providers.accredible.test_sandbox import Caller

ISSUER = 5512


@pytest.fixture
def now() -> list[float]:
    """The time of the play: 2026-09-21 in UTC."""
    return [1_790_000_000.0]


@pytest.fixture
def played(now: list[float]) -> AccredibleSandbox:
    """One issuer with three groups, whose search shows at once what is stored."""
    sandbox = AccredibleSandbox(clock=lambda: now[0])
    sandbox.add_issuer("Harbour Point Institute", KEY, groups=3)
    sandbox.search_lag = 0
    return sandbox


@pytest.fixture
def call(played: AccredibleSandbox) -> Caller:
    """Calls it with the issuer's key."""
    return Caller(played)


def row(name: str, **fields: Any) -> dict[str, Any]:
    return {"group_id": 418201, "recipient": {"name": name, "email": f"{name}@learners.example", "id": name}, **fields}


def bulk(call: Caller, *rows: dict[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    answer = call("POST", "/v2/credentials/bulk_create", {"credentials": rows})
    return answer.status_code, (answer.json or {}).get("results", [])


def search(call: Caller, **body: Any) -> dict[str, Any]:
    answer = call("POST", "/v2/credentials/search", body)
    assert answer.status_code == 200
    assert isinstance(answer.json, dict)
    return answer.json


def test_bulk_tells_by_its_status_whether_all_some_or_none_were_stored(call: Caller) -> None:
    status, (mira,) = bulk(call, row("mira"))
    assert (status, mira.keys()) == (200, {"credential"})
    assert mira["credential"]["id"] == 24810377
    assert mira["credential"]["recipient"]["id"] != "mira"
    assert "group_id" not in mira["credential"]
    status, results = bulk(call, row("mira"), row("ana"))
    assert (status, [set(result) for result in results]) == (207, [{"errors"}, {"credential"}])
    status, results = bulk(call, row("mira"), row("ines", group_id=1))
    assert (status, [set(result) for result in results]) == (422, [{"errors"}, {"errors"}])
    assert bulk(call, *[row(f"l{n}") for n in range(31)]) == (422, [])


@pytest.mark.parametrize(
    ("introduction", "told"),
    [
        (False, {"errors": [{"property": "recipient.email", "message": "has already been taken"}]}),
        (True, {"error": [{"property": "recipient_email", "reason": "taken"}]}),
    ],
)
def test_a_bulk_error_has_either_of_two_documented_shapes(
    played: AccredibleSandbox, call: Caller, introduction: bool, told: dict[str, Any]
) -> None:
    played.introduction_shape = introduction
    bulk(call, row("mira"))
    _, (result,) = bulk(call, row("mira"))
    assert {shape: error["details"] for shape, error in result.items()} == told


def test_bulk_without_credits_stores_and_says_so(played: AccredibleSandbox, call: Caller) -> None:
    played.credits, played.bulk_backwards = 1, True
    status, (ana, mira) = bulk(call, row("mira"), row("ana"))
    assert status == 207
    assert [mira["credential"]["approve"], ana["credential"]["approve"]] == [True, False]
    assert ana["errors"]["code"] == "insufficient_credits"


@pytest.mark.parametrize(
    ("switch", "method", "path"),
    [
        ("bulk_missing", "POST", "/v2/credentials/bulk_create"),
        ("search_missing", "POST", "/v2/credentials/search"),
    ],
)
def test_version_2_can_be_missing(played: AccredibleSandbox, call: Caller, switch: str, method: str, path: str) -> None:
    setattr(played, switch, True)
    assert call(method, path, {"query": {}, "credentials": []}).status_code == 404


def test_pages_by_cursor_end_with_a_null_or_not(played: AccredibleSandbox, call: Caller) -> None:
    bulk(call, *(row(f"l{n}") for n in range(3)))
    first = search(call, query={}, page={"from": 0, "size": 2})
    second = search(call, query={}, page={"cursor": first["meta"]["cursor"], "size": 2})
    assert [len(first["credentials"]), len(second["credentials"]), second["meta"]["cursor"]] == [2, 1, None]
    played.cursor_at_end = True
    last = search(call, query={}, page={"from": 2, "size": 2})["meta"]["cursor"]
    empty = search(call, query={}, page={"cursor": last, "size": 2})
    assert (empty["credentials"], empty["meta"]["cursor"]) == ([], last)
    played.cursors = False
    assert "cursor" not in search(call, query={})["meta"]
    assert call("POST", "/v2/credentials/search", {"query": {}, "page": {"cursor": last}}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": {}},
        {"query": {"license_id[gte]": "a"}},
        {"query": {"id": 1}},
        {"query": {"approve": True}, "sort": {"id": "sideways"}},
        {"query": {"approve": True}, "page": {"from": 9_990, "size": 50}},
        {"query": {"approve": True}, "page": {"from": 0, "cursor": "MA=="}},
    ],
)
def test_a_bad_search_is_refused(played: AccredibleSandbox, call: Caller, body: dict[str, Any]) -> None:
    played.empty_query_refused = True
    assert call("POST", "/v2/credentials/search", body).status_code == 400


def test_the_search_compares_days_and_sorts(now: list[float], call: Caller) -> None:
    for name in ("mira", "ana"):
        call.create(email=f"{name}@learners.example", id=name)
        now[0] += 86_400
    assert call.found(**{"updated_at[gte]": "2026-09-22"}) == [24810378]
    assert call.found(**{"created_at[lt]": "2026-09-22"}) == [24810377]
    assert call.found(**{"expired_on[gt]": "2000-01-01"}) == []
    call("PUT", "/v1/credentials/mira", {"credential": {"approve": True, "expired_on": "2027-01-01"}})
    assert call.found(**{"updated_at[gte]": "2026-09-22"}) == [24810377, 24810378]
    rows = search(call, query={}, sort={"id": "desc"})["credentials"]
    assert [each["id"] for each in rows] == [24810378, 24810377]


def test_the_older_search_shows_less(now: list[float], call: Caller) -> None:
    call.create()
    now[0] += 86_400
    call.create(group_id=418202)
    query = {"group_id": "418201", "recipient.email": "mira.okafor@learners.example", "recipient.id": "learner-1"}
    answer = call("POST", "/v1/credentials/search", query | {"page_size": 50, "page": 1}).json
    assert answer is not None
    (found,) = answer["credentials"]
    assert found["id"] == 24810377
    assert not found.keys() & {"approve", "group_id", "license_id", "url"}
    assert answer["meta"]["next_page"] is None
    recent = call("POST", "/v1/credentials/search", {"start_updated_date": "2026-09-22"}).json
    assert recent is not None
    assert [each["id"] for each in recent["credentials"]] == [24810378]
    assert call("POST", "/v1/credentials/search", {"recipient_email": "x"}).status_code == 422


def test_calls_are_counted_by_windows_of_30_seconds(played: AccredibleSandbox, now: list[float], call: Caller) -> None:
    now[0] -= now[0] % 30
    played.window_limit = 2
    answers = [call("GET", "/v1/issuer/details") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Retry-After" not in answers[2].headers
    now[0] += 30
    assert call("GET", "/v1/issuer/details").status_code == 200


@pytest.mark.parametrize(("accepted", "status"), [(True, 200), (False, 401)])
def test_bearer_is_a_switch(played: AccredibleSandbox, accepted: bool, status: int) -> None:
    played.accept_bearer = accepted
    answer = Client(played).get("/v1/issuer/details", headers={"Authorization": f"Bearer {KEY}"})
    assert answer.status_code == status


@pytest.mark.parametrize(("refused", "status"), [(True, 422), (False, 200)])
def test_times_are_refused_or_cut(played: AccredibleSandbox, call: Caller, refused: bool, status: int) -> None:
    played.times_refused = refused
    assert call.create(issued_on="2026-09-14 10:00:00 +0000").status_code == status
    assert [each["issued_on"] for each in played.credentials(ISSUER)] == ([] if refused else ["2026-09-14"])


@pytest.mark.parametrize(("refused", "status"), [(True, 422), (False, 200)])
def test_whether_a_credential_may_expire_before_its_issue_is_a_switch(
    played: AccredibleSandbox, call: Caller, refused: bool, status: int
) -> None:
    played.early_expiry_refused = refused
    call.create(id="ours")
    assert call("PUT", "/v1/credentials/ours", {"credential": {"expired_on": "2026-09-20"}}).status_code == status
    assert call("PUT", "/v1/credentials/ours", {"credential": {"expired_on": "2026-09-21"}}).status_code == 200


@pytest.mark.parametrize(("blocks", "status"), [(True, 422), (False, 200)])
def test_whether_an_unpublished_credential_blocks_is_a_switch(
    played: AccredibleSandbox, call: Caller, blocks: bool, status: int
) -> None:
    played.unpublished_blocks, played.sandbox_mode = blocks, True
    assert call.create().status_code == 200
    assert call.create().status_code == status


@pytest.mark.parametrize(
    ("as_string", "code", "body"),
    [
        (False, 400, {"errors": {"recipient.email": ["has already been taken"]}}),
        (True, 422, {"errors": "recipient.email has already been taken"}),
    ],
)
def test_a_duplicate_is_refused_in_several_ways(
    played: AccredibleSandbox, call: Caller, as_string: bool, code: int, body: dict[str, Any]
) -> None:
    played.duplicate_as_string, played.duplicate_status = as_string, code
    call.create()
    answer = call.create()
    assert (answer.status_code, answer.json) == (code, body)


@pytest.mark.parametrize(("kind", "types"), [("", [str, int, int]), ("int", [int] * 3), ("str", [str] * 3)])
def test_ids_are_numbers_or_text(played: AccredibleSandbox, call: Caller, kind: str, types: list[type]) -> None:
    played.switch("id_type", kind)
    single = call.create().json
    assert single is not None
    _, (many,) = bulk(call, row("ana"))
    told = [single["credential"], many["credential"], search(call, query={})["credentials"][0]]
    assert [type(each["id"]) for each in told] == types


def test_accredible_may_show_a_number_of_its_own_for_the_learner(played: AccredibleSandbox, call: Caller) -> None:
    played.own_numbers = True
    call.create(id="ours")
    answer = call("GET", "/v1/credentials/ours").json
    assert answer is not None
    assert isinstance(answer["credential"]["recipient"]["id"], int)
    assert played.credentials(ISSUER)[0]["recipient_id"] == "learner-1"


def test_our_own_id_can_lead_nowhere(played: AccredibleSandbox, call: Caller) -> None:
    call.create(id="ours")
    played.own_id_get = False
    assert call("GET", "/v1/credentials/ours").status_code == 404
    assert call("GET", "/v1/credentials/24810377").status_code == 200


def test_an_update_changes_what_it_names_and_may_answer_bare(played: AccredibleSandbox, call: Caller) -> None:
    call.create(id="ours")
    changes = {"recipient": {"name": "Mira Lind"}, "approve": False}
    assert "Mira Lind" in call("PUT", "/v1/credentials/ours", {"credential": changes}).text
    (held,) = played.credentials(ISSUER)
    assert (held["recipient_name"], held["recipient_id"], held["approve"]) == ("Mira Lind", "learner-1", False)
    played.bare_updates = True
    assert json.loads(call("PUT", "/v1/credentials/ours", {"credential": {"approve": True}}).text) == {}
    assert played.credentials(ISSUER)[0]["approve"]


def test_people_publish_and_delete(played: AccredibleSandbox, call: Caller) -> None:
    played.credits = 0
    call.create()
    played.publish("24810377")
    assert not played.credentials(ISSUER)[0]["approve"]
    played.credits = 1
    for _ in range(2):
        played.publish("24810377")
    assert (played.credentials(ISSUER)[0]["approve"], played.credits) == (True, 0)
    played.delete("24810377")
    assert played.credentials(ISSUER) == []
    for deed in (played.publish, played.delete):
        with pytest.raises(KeyError):
            deed("24810377")


def test_a_deleted_group_leaves_its_credentials(played: AccredibleSandbox, call: Caller) -> None:
    call.create()
    assert call("DELETE", "/v1/issuer/groups/418201").status_code == 200
    assert call("DELETE", "/v1/issuer/groups/418201").status_code == 404
    assert [each["group"]["id"] for each in played.credentials(ISSUER)] == [418201]


def test_groups_are_told_by_the_day_of_their_change(played: AccredibleSandbox, call: Caller) -> None:
    played.issuers[ISSUER].groups[418202]["updated_at"] = "2026-09-21T00:00:00.000Z"
    answer = call("POST", "/v1/issuer/groups/search", {"start_updated_date": "2026-09-21"}).json
    assert answer is not None
    assert [group["id"] for group in answer["groups"]] == [418202]
