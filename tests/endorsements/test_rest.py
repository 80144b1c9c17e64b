"""The REST API of endorsements: everybody reads what is public; those who may ask do, and see to what comes of it."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges.models import AuditEntry, Learner, Mail, ProviderAccount
from credentials_badges.endorsements import answering, asking
from credentials_badges.endorsements.models import Endorsement
from tests.endorsements.world import NOW, ROSA, World, fresh
from tests.providers.badgekit.desk import member
from tests.providers.badgekit.rest_client import calling, send

API = "/api/v1/endorsements/"
State = Endorsement.State


def body(world: World, **told: Any) -> dict[str, Any]:
    return {
        "kind": "template",
        "target": str(world.template.uuid),
        "people": [{"name": "Rosa Roth", "email": ROSA, "language": "es"}],
        "message": "Please do.",
        **told,
    }


def outsiders(world: World) -> dict[str, Client]:
    """Whoever may not ask for what is the city's."""
    return {
        "learner": calling(world.ada),
        "clerk of another account": calling(world.clerk),
        "another system's owner": calling(member("owner", "village")),
        "reviewer": calling(member("reviewer")),
    }


class TestReading:
    def test_everybody_reads_what_was_accepted_and_nothing_that_is_private(self, world: World) -> None:
        made = world.accepted()
        world.ask(email="eve@e.example")
        (found,) = calling(None).get(f"{API}?template={world.template.uuid}").json()
        assert set(found) == {"uuid", "kind", "in_name_of", "url", "text", "html", "answered_at", "documents"}
        assert (found["uuid"], found["kind"], found["in_name_of"]) == (str(made.uuid), "template", "Roth & Co.")
        assert found["html"] == "<p>It is <strong>good</strong>.</p>"
        assert found["documents"]["open_badges_3"] == f"https://badges.example/ob/v3/endorsements/{made.uuid}"

    def test_a_badge_is_told_with_what_is_said_of_its_template_and_those_who_issue_it(self, world: World) -> None:
        kinds = ("template", "badge", "programme", "issuer")
        for kind in kinds:
            world.accepted(kind)
        world.accepted("elsewhere")
        told = calling(None).get(f"{API}?badge={world.badge.uuid}").json()
        assert {each["kind"] for each in told} == set(kinds)
        told = calling(None).get(f"{API}?template={world.template.uuid}").json()
        assert {each["kind"] for each in told} == {"template", "programme", "issuer"}

    def test_an_account_elsewhere_is_an_issuer(self, world: World) -> None:
        world.accepted("elsewhere")
        told = calling(None).get(f"{API}?issuer={world.credly.pk}-account").json()
        assert [each["kind"] for each in told] == ["issuer"]

    @pytest.mark.parametrize("query", ["", "?template=x&badge=y", "?all=1"])
    def test_one_thing_has_to_be_named(self, world: World, query: str) -> None:
        assert calling(None).get(f"{API}{query}").status_code == 400

    @pytest.mark.parametrize(
        "query",
        ["template=x", "badge=00000000-0000-4000-8000-000000000000", "issuer=0-account", "issuer=9" * 30, "badge=%00"],
    )
    def test_what_is_not_there_is_not_found(self, world: World, query: str) -> None:
        assert calling(None).get(f"{API}?{query}").status_code == 404

    def test_those_who_may_ask_see_every_request_and_no_others_do(self, world: World) -> None:
        world.accepted()
        asking.cancel(world.ask(email="eve@e.example"), world.owner, NOW)
        path = f"{API}?template={world.template.uuid}&all=1"
        told = calling(world.owner).get(path).json()
        assert [each["state"] for each in told["results"]] == ["cancelled", "accepted"]
        assert told["results"][1]["endorser_email"] == ROSA
        assert calling(None).get(path).status_code == 401
        for name, client in outsiders(world).items():
            assert client.get(path).status_code == 404, name

    def test_a_list_takes_as_many_statements_for_many_as_for_one(self, world: World) -> None:
        def statements(query: str) -> int:
            client = calling(world.owner)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"{API}?template={world.template.uuid}{query}").status_code == 200
            return len(captured)

        world.accepted()
        before = statements(""), statements("&all=1")
        for number in range(5):
            world.accepted(email=f"r{number}@roth.example")
        assert (statements(""), statements("&all=1")) == before


class TestAsking:
    def test_an_owner_asks_and_is_told_who_was_asked_before(self, world: World) -> None:
        client = calling(world.owner)
        first = send(client, "POST", API, body(world))
        assert first.status_code == 201
        assert [each["endorser_email"] for each in first.json()["made"]] == [ROSA]
        assert Endorsement.objects.get().language == "es"
        again = send(client, "POST", API, body(world)).json()
        assert (again["made"], [each["email"] for each in again["already"]]) == ([], [ROSA])
        assert Mail.objects.count() == 1
        assert AuditEntry.objects.get(action="asked for an endorsement").via == "api"

    def test_the_clerk_of_an_account_elsewhere_asks_for_what_is_its(self, world: World) -> None:
        told = body(world, kind="issuer", target=f"{world.credly.pk}-account")
        assert send(calling(world.clerk), "POST", API, told).status_code == 201

    def test_nobody_else_does(self, world: World) -> None:
        for name, client in outsiders(world).items():
            assert send(client, "POST", API, body(world)).status_code == 404, name
        assert send(calling(None), "POST", API, body(world)).status_code == 401
        assert not Endorsement.objects.exists()

    def test_where_it_is_switched_off_it_cannot_be_done(self, world: World) -> None:
        ProviderAccount.objects.update(endorsements_enabled=False)
        answer = send(calling(world.owner), "POST", API, body(world))
        assert (answer.status_code, answer.json()["detail"]) == (
            409,
            "Endorsements are switched off for this account.",
        )

    @pytest.mark.parametrize(
        ("told", "field"),
        [
            ({"people": []}, "people"),
            ({"people": [{"name": "R", "email": f"r{each}@r.example"} for each in range(21)]}, "people"),
            ({"people": [{"name": "R"}]}, "people"),
            ({"people": [{"name": "R", "email": "r@r.example", "language": "xx"}]}, "people"),
            ({"people": [{"name": "R", "email": "no address"}]}, "non_field_errors"),
            ({"people": [{"name": "R", "email": "r@r.example\r\nBcc: e@e.example"}]}, "non_field_errors"),
            ({"kind": "planet"}, "kind"),
            ({"message": "x" * 5_001}, "message"),
        ],
    )
    def test_what_is_wrong_is_told_by_its_name(self, world: World, told: dict[str, Any], field: str) -> None:
        answer = send(calling(world.owner), "POST", API, body(world, **told))
        assert answer.status_code == 400
        assert list(answer.json()) == [field]
        assert not Mail.objects.exists()

    @pytest.mark.parametrize("raw", [b"{", b"[]", b"null", b'{"kind": "\\ud800"}', b"[" * 5000])
    def test_nonsense_is_refused(self, world: World, raw: bytes) -> None:
        assert send(calling(world.owner), "POST", API, raw).status_code == 400

    def test_a_session_needs_a_token_against_forged_requests(self, world: World) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(world.owner)
        raw = json.dumps(body(world))
        assert client.post(API, raw, content_type="application/json").status_code == 403
        assert not Endorsement.objects.exists()


class TestOneRequest:
    def test_it_is_reminded_of_cancelled_hidden_and_shown(self, world: World) -> None:
        client, made, said = calling(world.owner), world.ask("badge"), world.accepted()
        Endorsement.objects.filter(pk=made.pk).update(expires_at=NOW.replace(year=2999))
        answers = {
            deed: send(client, "POST", f"{API}{row.uuid}/{deed}/", {})
            for deed, row in {"remind": made, "cancel": made, "hide": said, "show": said}.items()
        }
        assert {deed: answer.status_code for deed, answer in answers.items()} == dict.fromkeys(answers, 200)
        assert [answer.json()["state"] for answer in answers.values()] == [
            "requested",
            "cancelled",
            "hidden",
            "accepted",
        ]
        assert set(AuditEntry.objects.exclude(action__startswith="asked").values_list("via", "actor")) == {
            ("api", world.owner.pk)
        }

    def test_what_does_not_go_with_its_state_is_a_conflict(self, world: World) -> None:
        client, made = calling(world.owner), world.accepted()
        for deed in ("cancel", "remind", "show"):
            assert send(client, "POST", f"{API}{made.uuid}/{deed}/", {}).status_code == 409, deed
        answering.revoke(made, "", NOW)
        assert send(client, "POST", f"{API}{made.uuid}/hide/", {}).status_code == 409
        assert fresh(made).state == State.REVOKED

    @pytest.mark.parametrize("deed", ["cancel", "remind", "hide", "show"])
    def test_nobody_else_is_told_that_it_is_there(self, world: World, deed: str) -> None:
        made = world.ask()
        for name, client in outsiders(world).items():
            answer = send(client, "POST", f"{API}{made.uuid}/{deed}/", {})
            nothing = send(client, "POST", f"{API}{uuid4()}/{deed}/", {})
            assert (answer.status_code, answer.content) == (404, nothing.content), name
        assert send(calling(None), "POST", f"{API}{made.uuid}/{deed}/", {}).status_code == 401
        assert fresh(made).state == State.REQUESTED

    def test_an_administrator_may(self, world: World) -> None:
        root = Learner.objects.create(username="root", is_superuser=True)
        made = world.ask("elsewhere")
        assert send(calling(root), "POST", f"{API}{made.uuid}/cancel/", {"reason": "No."}).status_code == 200
        assert fresh(made).reason == "No."
