"""The sandbox against what is documented of Credly, so that the adapter is tested against the right thing."""

import base64
from typing import Any

import pytest
from werkzeug.test import Client

from providers.credly.sandbox import CredlySandbox
from tests.providers.credly.conftest import KEY

MAIL = "mira.okafor@learners.example"


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


class Player:
    """Calls the sandbox as a client of any other make would."""

    def __init__(self, sandbox: CredlySandbox) -> None:
        self.org = sandbox.add_organization("Harbour Point Institute", KEY, 60, unlisted=2)
        self.path = f"/v1/organizations/{self.org}"
        self.templates = list(sandbox.organizations[self.org].templates)
        self._client = Client(sandbox)

    def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        headers = options.pop("headers", basic(KEY + ":"))
        response = self._client.open(path, method=method, headers=headers, **options)
        return response.status_code, response.get_json()

    def issue(self, **changes: object) -> tuple[int, Any]:
        body = {
            "recipient_email": MAIL,
            "issued_to_first_name": "Mira",
            "issued_to_last_name": "Okafor",
            "badge_template_id": self.templates[0],
            "issued_at": "2026-09-14 10:21:58 +0000",
        }
        return self.call("POST", f"{self.path}/badges", json={**body, **changes})


@pytest.fixture
def sandbox() -> CredlySandbox:
    return CredlySandbox()


@pytest.fixture
def player(sandbox: CredlySandbox) -> Player:
    return Player(sandbox)


@pytest.mark.parametrize("header", [KEY, KEY + "|", KEY + ":password", ":" + KEY, "wrong:"])
def test_only_the_key_with_a_colon_opens(player: Player, header: str) -> None:
    refused = (401, {"data": {"message": "Unauthorized"}, "metadata": {}})
    assert player.call("GET", player.path, headers=basic(header)) == refused
    assert player.call("GET", player.path, headers={"Authorization": "Bearer " + KEY}) == refused
    assert player.call("GET", player.path, headers={}) == refused


def test_an_organization_is_open_to_its_own_key_only(sandbox: CredlySandbox, player: Player) -> None:
    other = sandbox.add_organization("Lakeside College", "other", ["Tide Survey"])
    assert player.call("GET", f"/v1/organizations/{other}")[0] == 403
    _, listed = player.call("GET", "/v1/organizations")
    assert [row["id"] for row in listed["data"]] == [player.org]


def test_ids_and_names_are_the_same_in_every_run(sandbox: CredlySandbox, player: Player) -> None:
    again = CredlySandbox()
    again.add_organization("Harbour Point Institute", KEY, 60, unlisted=2)
    held = sandbox.organizations[player.org].templates
    assert list(again.organizations[player.org].templates) == list(held)
    assert len({row["name"] for row in held.values()}) == 62


def test_a_list_is_paged_and_its_link_forgets_the_filter(player: Player) -> None:
    path = f"{player.path}/badge_templates"
    _, first = player.call("GET", f"{path}?filter=state::active&sort=created_at")
    assert first["metadata"] == {
        "count": 50,
        "current_page": 1,
        "total_count": 60,
        "total_pages": 2,
        "per": 50,
        "previous_page_url": None,
        "next_page_url": f"http://localhost/api{path}?page=2",
    }
    _, unfiltered = player.call("GET", f"{path}?page=2")
    assert {row["state"] for row in unfiltered["data"]} == {"active", "archived", "draft"}
    assert [row["image"] for row in unfiltered["data"] if row["state"] == "draft"] == [None]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("state::draft,archived", 2),
        ("state::active|query::DATA literacy", 3),
        ('name::"Data Literacy Foundations"', 1),
        ("name::Data Literacy", 4),
    ],
)
def test_templates_are_filtered(player: Player, query: str, count: int) -> None:
    _, listed = player.call("GET", f"{player.path}/badge_templates", query_string={"filter": query})
    assert listed["metadata"]["total_count"] == count


def test_an_unknown_filter_path_or_method_is_refused(player: Player) -> None:
    assert player.call("GET", f"{player.path}/badges?filter=email::a")[0] == 422
    not_found = (404, {"data": {"message": "Not found"}, "metadata": {}})
    assert player.call("GET", f"{player.path}/badges/unknown") == not_found
    assert player.call("GET", f"{player.path}/badges/") == not_found
    assert player.call("DELETE", player.path)[0] == 405


def test_an_issued_badge_has_the_documented_shape(player: Player) -> None:
    status, issued = player.issue(expires_at="2028-09-14 12:21:58 +0200", evidence=[{"type": "UrlEvidence"}])
    badge = issued["data"]
    assert (status, issued["metadata"], badge["state"], badge["user"]) == (201, {}, "pending", {})
    assert (badge["issued_at"], badge["issued_at_date"]) == ("2026-09-14T10:21:58.000Z", "2026-09-14")
    assert badge["expires_at"] == "2028-09-14T10:21:58.000Z"
    assert badge["state_updated_at"] is None
    assert badge["accept_badge_url"].endswith(f"/badges/{badge['id']}/accept")
    assert "reporting_tags" not in badge["badge_template"]
    assert player.call("GET", f"{player.path}/badges/{badge['id']}") == (200, issued)


@pytest.mark.parametrize("key", ["recipient_email", "issued_to_last_name", "issued_at", "badge_template_id"])
def test_a_required_field_must_not_be_blank(player: Player, key: str) -> None:
    status, refusal = player.issue(**{key: " "})
    assert status == 422
    assert refusal["data"]["errors"][0]["attribute"] == key


def test_a_time_in_another_form_is_refused(player: Player) -> None:
    assert player.issue(issued_at="2026-09-14T10:21:58Z")[0] == 422
    assert player.issue(expires_at="never")[0] == 422


def test_a_template_that_cannot_be_issued_is_refused(player: Player) -> None:
    assert player.issue(badge_template_id="nothing") == (
        422,
        {"data": {"message": "Invalid or missing Badge Template ID: nothing"}, "metadata": None},
    )


@pytest.mark.parametrize(
    "changes",
    [{"recipient_email": MAIL.upper()}, {"recipient_email": "new@learners.example", "issuer_earner_id": "learner-1"}],
)
def test_a_duplicate_has_the_same_address_or_the_same_learner(player: Player, changes: dict[str, object]) -> None:
    player.issue(issuer_earner_id="learner-1")
    words = "Recipient already has this badge"
    error = {"attribute": "recipient_email", "attribute_label": "Recipient email", "messages": [words]}
    refusal = {"data": {"message": f"Validation failed: {words}", "errors": [error]}, "metadata": {}}
    assert player.issue(**changes) == (422, refusal)


def test_what_is_no_duplicate_is_issued(sandbox: CredlySandbox, player: Player) -> None:
    player.issue()
    assert player.issue(badge_template_id=player.templates[1])[0] == 201
    assert player.issue(recipient_email="else@learners.example")[0] == 201
    sandbox.organizations[player.org].templates[player.templates[0]]["allow_duplicate_badges"] = True
    assert player.issue()[0] == 201


@pytest.mark.parametrize(("blocks", "status"), [(False, 201), (True, 422)])
def test_whether_a_revoked_badge_is_a_duplicate_can_be_chosen(blocks: bool, status: int) -> None:
    sandbox = CredlySandbox()
    sandbox.revoked_blocks_reissue = blocks
    player = Player(sandbox)
    _, issued = player.issue()
    path = f"{player.path}/badges/{issued['data']['id']}/revoke"
    assert player.call("PUT", path, json={})[0] == 422
    revoked_status, revoked = player.call("PUT", path, json={"reason": "Withdrawn"})
    assert (revoked_status, revoked["data"]["state"]) == (200, "revoked")
    assert revoked["data"]["revocation_reason"] == "Withdrawn"
    assert player.call("PUT", path, json={"reason": "Again"})[0] == 422
    assert player.issue()[0] == status


def test_what_is_held_can_be_looked_at_but_not_changed(sandbox: CredlySandbox, player: Player) -> None:
    player.issue()
    sandbox.badges(player.org)[0]["badge_template"]["name"] = "changed"
    assert sandbox.badges(player.org)[0]["badge_template"]["name"] != "changed"
