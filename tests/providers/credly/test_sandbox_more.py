"""The sandbox's further paths, and what learners and issuers do by hand, against what is documented of Credly."""

from typing import Any

import pytest
from werkzeug.test import Client

from providers.credly.sandbox import CredlySandbox
from tests.providers.credly.conftest import KEY
from tests.providers.credly.test_sandbox import MAIL, Player, basic


@pytest.fixture
def sandbox() -> CredlySandbox:
    return CredlySandbox(clock=lambda: 1_789_380_000.0)


@pytest.fixture
def player(sandbox: CredlySandbox) -> Player:
    return Player(sandbox)


@pytest.fixture
def badge(player: Player) -> str:
    """A badge that was issued a moment ago."""
    issued: str = player.issue(issuer_earner_id="learner-1")[1]["data"]["id"]
    return issued


def body(player: Player, **changes: object) -> dict[str, object]:
    sent = {"issued_to_first_name": "Mira", "issued_to_last_name": "Okafor", "issued_at": "2026-09-14 10:21:58 +0000"}
    return {"recipient_email": MAIL, "badge_template_id": player.templates[0], **sent, **changes}


def kinds(player: Player) -> list[str]:
    return [row["event_type"] for row in player.call("GET", f"{player.path}/events")[1]["data"]]


class TestBatch:
    def test_all_are_issued_in_order(self, player: Player) -> None:
        addresses = ["a@learners.example", "b@learners.example"]
        batch = [body(player, recipient_email=address) for address in addresses]
        status, issued = player.call("POST", f"{player.path}/badges/batch", json={"badges": batch})
        assert (status, issued["metadata"]) == (201, {})
        assert [row["recipient_email"] for row in issued["data"]] == addresses
        assert kinds(player) == ["badge.created"] * 2

    def test_one_that_is_refused_spoils_all(self, sandbox: CredlySandbox, player: Player) -> None:
        batch = [body(player), body(player)]
        status, refused = player.call("POST", f"{player.path}/badges/batch", json={"badges": batch})
        assert (status, refused["data"]["error_index"]) == (422, 1)
        assert sandbox.badges(player.org) == []
        assert kinds(player) == []


class TestReplace:
    def replaced(self, player: Player, badge: str, **changes: object) -> tuple[int, Any]:
        sent = {"badge_template_id": player.templates[0], "issued_at": "2026-09-14 10:21:58 +0000", **changes}
        return player.call("POST", f"{player.path}/badges/{badge}/replace", json=sent)

    def test_the_new_badge_stands_for_the_old_one(self, sandbox: CredlySandbox, player: Player, badge: str) -> None:
        sandbox.accept(player.org, badge)
        status, made = self.replaced(player, badge, issued_to_last_name="Okafor-Hale")
        old, new = sandbox.badges(player.org)
        assert (status, made["data"]) == (201, new)
        assert (old["replacement_badge_id"], new["replaces_badge_id"]) == (new["id"], badge)
        assert (new["issued_to"], new["state"], new["issuer_earner_id"]) == (
            "Mira Okafor-Hale",
            "accepted",
            "learner-1",
        )
        again = self.replaced(player, badge)
        refusal = {"message": "Validation failed: badge has already been replaced"}
        assert again == (422, {"data": refusal, "metadata": {"current_badge_id": new["id"]}})
        assert player.call("PUT", f"{player.path}/badges/{badge}/revoke", json={"reason": "Gone"})[0] == 422

    @pytest.mark.parametrize("key", ["badge_template_id", "issued_at"])
    def test_template_and_time_are_required(self, player: Player, badge: str, key: str) -> None:
        assert self.replaced(player, badge, **{key: ""})[0] == 422

    def test_a_revoked_badge_is_not_replaced(self, player: Player, badge: str) -> None:
        player.call("PUT", f"{player.path}/badges/{badge}/revoke", json={"reason": "Gone"})
        assert self.replaced(player, badge)[0] == 422


def test_leave_for_a_second_badge_is_given_by_allow_only(player: Player, badge: str) -> None:
    assert player.issue(duplicate_behavior="deny")[0] == 422
    assert player.issue(duplicate_behavior="allow")[0] == 201


def test_a_badge_is_erased(sandbox: CredlySandbox, player: Player, badge: str) -> None:
    client = Client(sandbox)
    response = client.delete(f"{player.path}/badges/{badge}", headers=basic(KEY + ":"))
    assert (response.status_code, response.get_data()) == (204, b"")
    assert kinds(player) == ["badge.deleted", "badge.created"]
    assert sandbox.badges(player.org) == []


def test_the_search_for_high_volumes_has_short_rows_and_only_a_link(player: Player, badge: str) -> None:
    path = f"{player.path}/high_volume_issued_badge_search"
    for number in range(50):
        player.issue(recipient_email=f"{number}@learners.example")
    _, first = player.call("GET", f"{path}?badge_format=minimal")
    assert first["metadata"] == {"next_page_url": f"http://localhost/api{path}?badge_format=minimal&after=50"}
    assert first["data"][0]["badge_template"].keys() == {"id", "name"}
    assert "evidence" not in first["data"][0]
    _, last = player.call("GET", f"{path}?after=50")
    assert (len(last["data"]), last["metadata"]) == (1, {"next_page_url": None})
    assert "evidence" in last["data"][0]


class TestByHand:
    def test_learners_accept_and_decline(self, sandbox: CredlySandbox, player: Player, badge: str) -> None:
        declined = player.issue(recipient_email="b@learners.example")[1]["data"]["id"]
        sandbox.accept(player.org, badge)
        sandbox.reject(player.org, declined)
        accepted, rejected = sandbox.badges(player.org)
        assert (accepted["state"], rejected["state"]) == ("accepted", "rejected")
        assert accepted["badge_url"].endswith(badge)
        assert "accept_badge_url" not in accepted
        assert accepted["user"]["email"].endswith("@example.com")
        assert kinds(player)[:2] == ["badge.state.changed"] * 2

    def test_issuers_edit_archive_and_delete_templates(self, sandbox: CredlySandbox, player: Player) -> None:
        template = player.templates[0]
        path = f"{player.path}/badge_templates/{template}"
        sandbox.change_template(player.org, template, name="Renamed")
        assert player.call("PUT", f"{path}/archive")[1]["data"]["state"] == "archived"
        assert player.issue()[0] == 422
        assert player.call("PUT", f"{path}/unarchive")[1]["data"]["state"] == "active"
        assert player.call("GET", path)[1]["data"]["name"] == "Renamed"
        sandbox.delete_template(player.org, template)
        assert player.call("GET", path)[0] == 404
        assert Client(sandbox).delete(f"{path}", headers=basic(KEY + ":")).status_code == 404
        other = f"{player.path}/badge_templates/{player.templates[1]}"
        assert Client(sandbox).delete(other, headers=basic(KEY + ":")).status_code == 204
        deleted, changed = ["badge_template.deleted"] * 2, ["badge_template.changed"] * 3
        assert kinds(player) == deleted + changed

    @pytest.mark.parametrize("deed", ["accept", "reject", "delete_badge", "change_template", "delete_template"])
    def test_a_deed_on_what_is_not_there_names_its_id(self, sandbox: CredlySandbox, player: Player, deed: str) -> None:
        with pytest.raises(KeyError, match="nothing"):
            getattr(sandbox, deed)(player.org, "nothing")

    def test_an_event_holds_what_was_then(self, sandbox: CredlySandbox, player: Player, badge: str) -> None:
        sandbox.accept(player.org, badge)
        _, listed = player.call("GET", f"{player.path}/events")
        assert [row["badge"]["state"] for row in listed["data"]] == ["accepted", "pending"]
        first = listed["data"][0]
        assert player.call("GET", f"{player.path}/events/{first['id']}") == (200, {"data": first, "metadata": {}})
        assert (first["organization_id"], first["occurred_at"]) == (player.org, "2026-09-14T10:00:00.000Z")


class TestKeys:
    def test_keys_are_listed_and_end(self, sandbox: CredlySandbox, player: Player) -> None:
        _, listed = player.call("GET", f"{player.path}/authorization_tokens")
        (token,) = listed["data"]
        assert (token["token"], token["expires_at"]) == (KEY, "2027-03-13T10:00:00.000Z")
        sandbox.expire_key(KEY)
        assert player.call("GET", player.path)[0] == 401

    def test_a_webhook_address_is_set_by_put(self, sandbox: CredlySandbox, player: Player) -> None:
        url = "https://badges.example/hook"
        assert player.call("PUT", player.path, json={"webhook_url": url})[1]["data"]["webhook_url"] == url
        assert sandbox.organizations[player.org].webhook_url == url

    def test_an_access_token_opens_its_own_organization(self, sandbox: CredlySandbox, player: Player) -> None:
        other = sandbox.add_organization("Lakeside College", "other", 1)
        client = sandbox.organizations[player.org].client_id
        form = {"client_id": client, "client_secret": KEY, "grant_type": "client_credentials", "scope": "events"}
        status, given = player.call("POST", "/oauth/token", data=form, headers={})
        assert (status, given["token_type"], given["expires_in"]) == (200, "Bearer", 7200)
        bearer = {"Authorization": f"Bearer {given['access_token']}"}
        assert player.call("GET", player.path, headers=bearer)[0] == 200
        assert player.call("GET", f"/v1/organizations/{other}", headers=bearer)[0] == 403
        sandbox.clock = lambda: 1_789_380_000.0 + 7200
        assert player.call("GET", player.path, headers=bearer)[0] == 401

    @pytest.mark.parametrize(
        ("changes", "refused"),
        [
            ({"client_secret": "wrong"}, (401, {"error": "invalid_client"})),
            ({"client_id": "wrong"}, (401, {"error": "invalid_client"})),
            ({"grant_type": "password"}, (400, {"error": "unsupported_grant_type"})),
        ],
    )
    def test_other_clients_get_none(
        self, sandbox: CredlySandbox, player: Player, changes: dict[str, str], refused: tuple[int, object]
    ) -> None:
        client = sandbox.organizations[player.org].client_id
        form = {"client_id": client, "client_secret": KEY, "grant_type": "client_credentials", **changes}
        assert player.call("POST", "/oauth/token", data=form, headers={}) == refused
