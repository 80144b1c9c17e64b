"""Every change by a person is written down once, with what was there before; and no secret is."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from rest_framework.authtoken.models import Token

from credentials_badges.badges import auditing
from credentials_badges.badges.models import AuditEntry, BadgeRequirement, BadgeTemplate, Learner
from credentials_badges.badges.models.audit import AppendOnly
from providers.badgekit.models import Badge, ClaimCode, Consumer, Member, System
from tests.badges.test_admin import viewer
from tests.badges.test_admin_rules import row_of, save
from tests.badges.world import KEY, World, passing, requirement, send
from tests.providers.badgekit.api import MASTER, Caller

pytestmark = pytest.mark.once

SECRET = "a-secret-of-forty-characters-and-a-few-more"


@pytest.fixture
def city(credly: World) -> System:
    return System.objects.get(slug="city")


def entries() -> list[tuple[str, str, str, str]]:
    return [(each.actor_name, each.via, each.action, each.label) for each in AuditEntry.objects.order_by("pk")]


class TestTheAdministration:
    def test_adding_changing_and_deleting(self, admin_client: Client) -> None:
        admin_client.post("/admin/auth/group/add/", {"name": "readers"})
        group = Group.objects.get(name="readers")
        admin_client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "writers"})
        admin_client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
        assert entries() == [
            ("admin", "admin", "added", "readers"),
            ("admin", "admin", "changed", "writers"),
            ("admin", "admin", "deleted", "writers"),
        ]
        added, changed, deleted = AuditEntry.objects.order_by("pk")
        assert added.changes == {"name": [None, "readers"]}
        assert changed.changes == {"name": ["readers", "writers"]}
        assert (deleted.model, deleted.key, deleted.changes) == ("auth.group", str(group.pk), {})

    def test_rows_of_an_inline(self, credly: World, admin_client: Client) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
        first, second = BadgeRequirement.objects.order_by("pk")
        rows = [row_of(first, count=3), row_of(second, DELETE="on")]
        assert save(admin_client, template, is_active=True, requirements=rows).status_code == 302
        entry = AuditEntry.objects.get()
        assert entry.changes["award"] == ["again_after_revoke", "once"]
        assert entry.changes["badge requirement one"] == {"count": [1, 3]}
        assert entry.changes["badge requirement two"] == "deleted"

    def test_keys_tokens_and_passwords_are_only_changed(self, city: System, admin_client: Client) -> None:
        data = {"system": city.pk, "api_key": "site", "api_secret": SECRET, "description": "Ours"}
        admin_client.post("/admin/badgekit/consumer/add/", data)
        assert Consumer.objects.get().api_secret == SECRET
        entry = AuditEntry.objects.get()
        assert (entry.changes["api_secret"], entry.changes["description"]) == ("changed", [None, "Ours"])
        admin_client.post("/admin/badges/learner/add/", {"username": "eve", "password1": SECRET, "password2": SECRET})
        eve = Learner.objects.get(username="eve")
        admin_client.post(
            f"/admin/badges/learner/{eve.pk}/password/", {"password1": SECRET * 2, "password2": SECRET * 2}
        )
        admin_client.post("/admin/authtoken/tokenproxy/add/", {"user": eve.pk})
        token = Token.objects.get()
        assert [each.label for each in AuditEntry.objects.order_by("pk")][1:] == ["eve", "eve", "token of eve"]
        told = json.dumps(list(AuditEntry.objects.values()), default=str)
        assert SECRET not in told
        assert token.key not in told
        assert eve.password not in told

    def test_actions(self, credly: World, admin_client: Client) -> None:
        chosen = [each.pk for each in credly.templates]
        BadgeTemplate.objects.filter(pk__in=chosen[:2]).update(is_active=True)
        data = {"action": "deactivate", "_selected_action": chosen, "confirmed": "yes"}
        admin_client.post("/admin/badges/credlybadgetemplate/", data)
        assert [each.action for each in AuditEntry.objects.all()] == ["did “Deactivate”"] * 2
        assert {each.key for each in AuditEntry.objects.all()} == set(map(str, chosen[:2]))

    def test_an_action_that_is_refused_is_no_deed(self, db: None, admin_client: Client) -> None:
        many = [Learner.objects.create(username=f"learner-{number}").pk for number in range(51)]
        admin_client.post("/admin/badges/learner/", {"action": "retire", "_selected_action": many})
        assert entries() == []
        data = {"action": "delete_selected", "_selected_action": many[:1], "post": "yes"}
        admin_client.post("/admin/badges/learner/", data)
        assert entries() == [("admin", "admin", "deleted", "learner-0")]

    def test_an_action_that_asks_first_is_not_yet_a_deed(self, credly: World, admin_client: Client) -> None:
        send(passing("ada", "OneX"))
        chosen = [Learner.objects.get(username="ada").pk]
        asked = admin_client.post("/admin/badges/learner/", {"action": "retire", "_selected_action": chosen})
        assert "Nothing brings them back" in asked.text
        admin_client.post("/admin/badges/learner/", {"action": "delete_selected", "_selected_action": chosen})
        assert not AuditEntry.objects.exists()
        done = admin_client.post("/admin/badges/learner/retire/", {"chosen": asked.context["chosen"]}, follow=True)
        assert "Retired, and known as retired__" in done.text
        assert [entry[:3] for entry in entries()] == [("admin", "admin", "retired")]

    def test_nobody_changes_the_trail(self, db: None, admin_client: Client) -> None:
        auditing.note(auditing.Via.ADMIN, "eve", "changed", label="something")
        entry = AuditEntry.objects.get()
        for change in (entry.save, entry.delete, AuditEntry.objects.all().delete, AuditEntry.objects.update):
            with pytest.raises(AppendOnly):
                change()
        page = f"/admin/badges/auditentry/{entry.pk}"
        assert admin_client.get(f"{page}/change/").status_code == 200
        for refused in (f"{page}/delete/", "/admin/badges/auditentry/add/"):
            assert admin_client.get(refused).status_code == 403
        admin_client.post(f"{page}/change/", {"actor_name": "nobody"})
        assert AuditEntry.objects.get().actor_name == "eve"

    def test_the_trail_of_an_object_is_on_its_page(self, credly: World, admin_client: Client) -> None:
        template = credly.templates[0]
        auditing.note(auditing.Via.COMMAND, "<b>eve", "configured badges", template, changes={"award": ["a", "<i>"]})
        page = admin_client.get(f"/admin/badges/credlybadgetemplate/{template.pk}/history/").text
        assert "&lt;b&gt;eve" in page
        assert "&lt;i&gt;" in page
        listed = admin_client.get("/admin/badges/auditentry/?model=badges.badgetemplate&via=command").text
        assert "configured badges" in listed
        assert viewer().get("/admin/badges/auditentry/").status_code == 200


class TestCommands:
    def test_they_name_the_user_of_the_system(
        self, credly: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("getpass.getuser", lambda: "root")
        account = ["credly", "--external-id", credly.organization, "--name", "New name", "--api-key", KEY]
        call_command("add_account", *account)
        file = tmp_path / "rules.yaml"
        wanted = {"provider": "credly", "external_id": credly.templates[0].external_id, "active": True}
        file.write_text(json.dumps({"templates": [{**wanted, "requirements": [requirement("one", "OneX")]}]}))
        call_command("configure_badges", file)
        call_command("recompute")
        call_command("sync_templates")
        call_command("reconcile", credly.organization, "--apply")
        assert {entry[:2] for entry in entries()} == {("root", "command")}
        assert [entry[2] for entry in entries()] == [
            "changed",
            "configured badges",
            "recomputed",
            "pulled templates",
            "took over badges",
        ]
        assert AuditEntry.objects.order_by("pk")[0].changes == {"name": ["Harbour Point", "New name"]}
        assert KEY not in json.dumps(list(AuditEntry.objects.values()), default=str)

    def test_a_user_without_a_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("getpass.getuser", lambda: {}["LOGNAME"])
        assert auditing.system_user() == "unknown"


class TestTheStore:
    @pytest.fixture
    def owner(self, city: System, client: Client) -> Client:
        owner = Learner.objects.create(username="olga", email="olga@example.com")
        Member.objects.create(system=city, user=owner, role=Member.Role.OWNER)
        client.force_login(owner)
        return client

    def test_deeds_by_the_rest_api(self, city: System, owner: Client) -> None:
        codes, reader = f"/api/v1/systems/{city.pk}/claim-codes/", Badge.objects.get(slug="reader")
        json_ = {"content_type": "application/json"}
        made = owner.post(codes, {"badge": reader.pk, "code": "open-sesame", "label": "Fair"}, **json_).json()  # type: ignore[arg-type]
        one = f"{codes}{made['id']}/"
        owner.patch(one, {"label": "Great fair"}, **json_)  # type: ignore[arg-type]
        owner.post(f"{one}pause/", **json_)  # type: ignore[arg-type]
        owner.delete(one)
        owner.get(codes)
        owner.post(f"{one}pause/", **json_)  # type: ignore[arg-type]
        Learner.objects.create(username="rita")
        owner.put(f"/api/v1/systems/{city.pk}/members/rita/", {"role": "reviewer"}, **json_)  # type: ignore[arg-type]
        told = list(AuditEntry.objects.order_by("pk"))
        assert {each.actor_name for each in told} == {"olga"}
        assert [each.action for each in told] == [
            "POST Codes",
            "PATCH OneCode",
            "POST Pause",
            "DELETE OneCode",
            "PUT OneMember",
        ]
        assert told[0].changes == {"id": [None, made["id"]]}
        assert told[1].changes == {"label": ["Fair", "Great fair"]}
        assert told[2].changes == {"status": ["active", "paused"]}
        assert told[4].changes == {"member": "rita"}
        assert "open-sesame" not in json.dumps(list(AuditEntry.objects.values()), default=str)

    def test_deeds_at_the_desk(self, city: System, owner: Client) -> None:
        code = ClaimCode.objects.create(badge=Badge.objects.get(slug="reader"), code="open-sesame")
        owner.get(f"/desk/{city.pk}/codes/{code.pk}/")
        owner.post(f"/desk/{city.pk}/codes/{code.pk}/change/", {"action": "pause", "codes": code.pk})
        entry = AuditEntry.objects.get()
        assert (entry.via, entry.action, entry.label) == ("desk", "change code pause", f"claim code {code.pk}")
        assert entry.changes == {"status": ["active", "paused"]}

    def test_deeds_by_the_badgekit_api(self, city: System, settings: Any) -> None:
        settings.BADGEKIT_MASTER_SECRET = MASTER
        api, codes = Caller(), "/systems/city/badges/reader/codes"
        statuses = [
            api.put("/systems/city/badges/reader", {"strapline": "Read on"})[0],
            api.post(codes, {"code": "open-sesame"})[0],
            api.post(f"{codes}/open-sesame/claim", {})[0],
            api.get(codes)[0],
            api.delete("/systems/city/badges/nothing")[0],
        ]
        assert statuses == [200, 201, 200, 200, 404]
        assert entries() == [
            ("master", "api", "change a badge", "city / reader"),
            ("master", "api", "create a claim code", "city / reader"),
        ]


def test_many_things_at_once_are_counted(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "MOST", 2)
    groups: list[Any] = [Group.objects.create(name=str(number)) for number in range(3)]
    auditing.note(auditing.Via.ADMIN, "eve", "deleted", *groups)
    assert [(entry.key, entry.label) for entry in AuditEntry.objects.all()] == [("", "3 groups")]
