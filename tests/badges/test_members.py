"""Groups and memberships: who has which role, how they are given, and what comes of them."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.contrib.messages import get_messages
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from credentials_badges.badges import auditing, members, retiring, roles
from credentials_badges.badges.members import Role
from credentials_badges.badges.models import AccountMember, AuditEntry, Badge, BadgeTemplate, Learner, ProviderAccount
from tests.badges.admin_by_hand import REASON, ask, award_page, chosen, confirm, preview
from tests.badges.world import World, passing, requirement, send

pytestmark = pytest.mark.django_db
ACCOUNTS = "/admin/badges/credlyorganization/"
TEMPLATES = "/admin/badges/credlybadgetemplate/"


def account(name: str, provider: str = "credly") -> ProviderAccount:
    return ProviderAccount.objects.create(provider=provider, external_id=name, name=name)


def learner(name: str, *permissions: str, **told: Any) -> Learner:
    made = Learner.objects.create(username=name, **{"is_staff": True, **told})
    made.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return made


def anew(user: Learner) -> Learner:
    """As the next request reads it."""
    return Learner.objects.get(pk=user.pk)


def client_of(user: Learner) -> Client:
    client = Client()
    client.force_login(user)
    return client


class TestGroups:
    def test_they_exist_after_migrate(self) -> None:
        assert set(Group.objects.values_list("name", flat=True)) == set(roles.ROLES)
        assert all(group.permissions.exists() for group in Group.objects.all())

    def test_what_the_operator_has_changed_stays(self) -> None:
        Group.objects.get(name="Issuers").permissions.clear()
        Group.objects.get(name="Readers").delete()
        last = [each for each in apps.get_app_configs() if each.models_module][-1]
        for _ in range(2):
            roles.lay_down(last)
        assert not Group.objects.get(name="Issuers").permissions.exists()
        assert Group.objects.get(name="Readers").permissions.filter(codename="view_badge").exists()
        assert Group.objects.count() == len(roles.ROLES)

    def test_no_group_gives_rights_or_tokens(self) -> None:
        given = Permission.objects.filter(group__name__in=roles.ROLES).values_list("content_type__app_label", flat=True)
        assert set(given) == roles.OURS

    def test_only_administrators_give_memberships_or_make_accounts(self) -> None:
        others = Permission.objects.filter(group__name__in=roles.ROLES.keys() - {"Administrators"})
        names = set(others.values_list("codename", flat=True))
        assert not {f"{verb}_accountmember" for verb in ("add", "change", "delete")} & names
        assert not [name for name in names if name.startswith(("add_credly", "change_credlyorg", "add_provider"))]


class TestAccountsOf:
    def test_by_membership(self) -> None:
        own, other = account("own"), account("other")
        user = learner("sam")
        AccountMember.objects.create(account=own, user=user, role=Role.READER)
        AccountMember.objects.create(account=other, user=user, role=Role.ISSUER)
        assert set(members.accounts_of(anew(user))) == {own, other}
        assert set(members.accounts_of(anew(user), Role.ISSUER)) == {other}
        assert members.may(anew(user), other.pk, Role.READER)
        assert not members.may(anew(user), own.pk, Role.ISSUER)

    @pytest.mark.parametrize("told", [{"is_staff": False}, {"is_active": False}])
    def test_a_membership_needs_staff_that_is_active(self, told: dict[str, Any]) -> None:
        own, user = account("own"), learner("sam", **told)
        AccountMember.objects.create(account=own, user=user, role=Role.ISSUER)
        assert list(members.accounts_of(anew(user))) == []
        assert list(members.accounts_of(AnonymousUser())) == []

    def test_by_permission_for_all_accounts_or_those_of_a_provider(self) -> None:
        credly, accredible, unknown = account("a"), account("b", "accredible"), account("c", "gone")
        everything = {credly, accredible, unknown}
        assert set(members.accounts_of(learner("root", is_superuser=True), Role.ISSUER)) == everything
        assert set(members.accounts_of(learner("all", "view_provideraccount"))) == everything
        clerk = learner("clerk", "view_credlyorganization", "change_accrediblegroup")
        assert set(members.accounts_of(clerk)) == {credly}
        assert set(members.accounts_of(clerk, Role.ISSUER)) == {accredible}

    def test_one_role_in_an_account(self) -> None:
        own, user = account("own"), learner("sam")
        AccountMember.objects.create(account=own, user=user, role=Role.READER)
        with pytest.raises(IntegrityError):
            AccountMember.objects.create(account=own, user=user, role=Role.ISSUER)

    def test_whoever_is_retired_is_no_member_any_more(self) -> None:
        user = learner("sam", is_staff=False)
        AccountMember.objects.create(account=account("own"), user=user, role=Role.READER)
        retiring.retire(user, timezone.now(), via=auditing.Via.COMMAND, by="op")
        assert not AccountMember.objects.exists()


class TestGiving:
    def told(self, credly: World, user: Learner, role: str) -> dict[str, Any]:
        row = {"id": "", "account": credly.account.pk, "user": user.pk, "role": role}
        return {
            "name": credly.account.name,
            "external_id": credly.account.external_id,
            "base_url": "",
            "members-TOTAL_FORMS": 1,
            "members-INITIAL_FORMS": 0,
            **{f"members-0-{name}": value for name, value in row.items()},
        }

    def test_an_administrator_gives_a_role_on_the_accounts_page(self, credly: World) -> None:
        boss, sam = learner("boss"), learner("sam")
        boss.groups.add(Group.objects.get(name="Administrators"))
        client = client_of(boss)
        page = f"{ACCOUNTS}{credly.account.pk}/change/"
        assert client.post(page, self.told(credly, sam, Role.ISSUER)).status_code == 302
        assert members.may(anew(sam), credly.account.pk, Role.ISSUER)
        entry = AuditEntry.objects.get(actor=boss)
        assert entry.action == "changed"
        assert entry.changes["account member sam, issuer"] == "added"
        shown = client.get(f"/admin/badges/learner/{sam.pk}/change/").text
        assert f"{credly.account}: Issuer" in shown

    def test_whoever_may_only_change_accounts_gives_none(self, credly: World) -> None:
        clerk, sam = learner("clerk", "change_credlyorganization", "view_learner"), learner("sam")
        page = f"{ACCOUNTS}{credly.account.pk}/change/"
        assert client_of(clerk).post(page, self.told(credly, clerk, Role.ISSUER)).status_code == 302
        assert not AccountMember.objects.exists()
        assert not members.held(anew(sam))

    def test_an_issuer_changes_no_account(self, credly: World) -> None:
        sam = learner("sam")
        AccountMember.objects.create(account=credly.account, user=sam, role=Role.ISSUER)
        client = client_of(sam)
        page = f"{ACCOUNTS}{credly.account.pk}/change/"
        assert client.post(page, self.told(credly, sam, Role.ISSUER)).status_code == 403
        shown = client.get(page).text
        assert credly.account.webhook_token not in shown
        assert "members-TOTAL_FORMS" not in shown


class TestWorking:
    @pytest.fixture
    def sam(self, credly: World) -> Learner:
        made = learner("sam")
        AccountMember.objects.create(account=credly.account, user=made, role=Role.ISSUER)
        return made

    def run(self, client: Client, action: str, *templates: BadgeTemplate) -> list[str]:
        told = {"action": action, "_selected_action": [each.pk for each in templates], "confirmed": "yes"}
        answer = client.post(TEMPLATES, told)
        return [str(each) for each in get_messages(answer.wsgi_request)]

    def test_an_issuer_activates_awards_and_revokes(self, credly: World, sam: Learner) -> None:
        client, template = client_of(sam), credly.configure(requirements=[requirement("one", "OneX")], active=False)
        Learner.objects.create(username="ada", email="ada@example.com")
        assert self.run(client, "activate", template)
        template.refresh_from_db()
        assert template.is_active
        confirm(client, template, preview(client, template, "ada"))
        badge = Badge.objects.get()
        assert badge.granted_by == sam
        asked = ask(client, badge)
        page = "/admin/badges/credlybadge/revoke/"
        assert client.post(page, {"chosen": chosen(asked), "reason": REASON}).status_code == 302
        badge.refresh_from_db()
        assert (badge.status, badge.revoked_by) == (Badge.Status.REVOKED, sam)

    def test_what_was_chosen_is_not_revoked_by_one_who_is_no_issuer_any_more(self, credly: World, sam: Learner) -> None:
        credly.configure(requirements=[requirement("one", "OneX")])
        send(passing("ada", "OneX"))
        client, badge = client_of(sam), Badge.objects.get()
        asked = ask(client, badge)
        AccountMember.objects.update(account=account("another"))
        told = {"chosen": chosen(asked), "reason": REASON}
        assert client.post("/admin/badges/credlybadge/revoke/", told).status_code == 302
        badge.refresh_from_db()
        assert badge.status == Badge.Status.AWARDED

    def test_a_reader_changes_nothing(self, credly: World, sam: Learner) -> None:
        AccountMember.objects.update(role=Role.READER)
        client, template = client_of(sam), credly.configure(requirements=[requirement("one", "OneX")], active=False)
        self.run(client, "activate", template)
        template.refresh_from_db()
        assert not template.is_active
        assert client.get(f"{TEMPLATES}{template.pk}/change/").status_code == 200
        assert client.get(award_page(template)).status_code == 403
        assert client.post(f"{TEMPLATES}{template.pk}/change/", {"is_active": "on"}).status_code == 403

    def test_an_issuer_who_reads_elsewhere_works_only_in_the_own_account(self, credly: World, sam: Learner) -> None:
        lakeside = credly.second_account()
        AccountMember.objects.create(account=lakeside.account, user=sam, role=Role.READER)
        own = credly.configure(requirements=[requirement("one", "OneX")], active=False)
        theirs = lakeside.configure(requirements=[requirement("one", "OneX")], active=False)
        told = self.run(client_of(sam), "activate", own, theirs)
        for each in (own, theirs):
            each.refresh_from_db()
        assert (own.is_active, theirs.is_active) == (True, False)
        assert "Left alone, because you may only look at them: 1." in told

    def test_an_issuer_looks_at_what_a_sync_would_change(self, credly: World, sam: Learner) -> None:
        answer = client_of(sam).post(f"{ACCOUNTS}{credly.account.pk}/preview-sync/")
        assert "/admin/badges/syncrun/" in answer["Location"]
        other = account("other")
        assert "/syncrun/" not in client_of(sam).post(f"{ACCOUNTS}{other.pk}/preview-sync/")["Location"]
