"""Each role reaches its own pages of the administration; who works for an account sees no byte of another."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges.models import (
    Badge,
    BadgePenalty,
    BadgeProgress,
    BadgeRequirement,
    BadgeTemplate,
    DataRule,
    Issuance,
    Learner,
    ProviderAccount,
    SyncRun,
)
from credentials_badges.badges.roles import OURS
from tests.badges.test_admin import populate
from tests.security import stage
from tests.security.roles import open_to, page, staff
from tests.security.table import ROLES, WITH_CODES
from tests.security.test_routes import admin_routes

pytestmark = [pytest.mark.once, pytest.mark.django_db]
FOREIGN = (b"credly-1", b"accredible-0", b"accredible-1", b"badgekit-0", b"badgekit-1")
"""What everything is called that belongs to other accounts, their learners among it."""
TABLES = (BadgeTemplate, Badge, Issuance, BadgeProgress, SyncRun, BadgeRequirement, BadgePenalty, ProviderAccount)
"""All of whose rows are of one account."""


@pytest.fixture
def village(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    return stage.build(tmp_path, monkeypatch)


@pytest.fixture
def own() -> ProviderAccount:
    """The account of those who have a role, beside others at the same provider and at others."""
    populate(range(2))
    Learner.objects.create(username="root", is_staff=True, is_superuser=True)
    return ProviderAccount.objects.get(external_id="credly-0")


def foreign(model: type[Model]) -> Any:
    """The rows of other accounts."""
    row = model._default_manager.all()
    path = "" if model is ProviderAccount else "account__"
    if model in {BadgeProgress, BadgeRequirement, BadgePenalty}:
        path = "template__account__"
    return row.exclude(**{f"{path}external_id": "credly-0"})


def pages_of(model: type[Model]) -> list[type[Model]]:
    """The models whose pages show rows of this table."""
    return [each for each in admin.site._registry if issubclass(each, model)]


def as_they_stand() -> list[Any]:
    """Everything that is another account's, and how many promises and badges there are."""
    rows = [list(foreign(model).order_by("pk").values()) for model in TABLES]
    return [*rows, list(DataRule.objects.order_by("pk").values()), Badge.objects.count(), Issuance.objects.count()]


@pytest.mark.parametrize("role", [*ROLES, "Administrators", "Readers"])
def test_each_role_reaches_what_the_table_says(village: dict[str, Any], role: str) -> None:
    stage.people()
    account = ProviderAccount.objects.get(external_id="credly-0")
    of_account = {f"{name} of an account": {name: account} for name in ("issuer", "reader")}
    person = staff("sam", role, **of_account.get(role, {}))
    found = open_to(person)
    ours = {str(model._meta.model_name) for model in admin.site._registry if model._meta.app_label in OURS}
    if role == "Administrators":
        assert found.keys() == ours
        everything = open_to(Learner.objects.get(username="root"))
        assert {name: found[name] for name in ours} == {name: everything[name] for name in ours}
    elif role == "Readers":
        assert found == dict.fromkeys(ours - WITH_CODES, "look")
    else:
        assert found == ROLES[role]


@pytest.mark.parametrize("name", ["issuer", "reader"])
def test_no_address_of_the_administration_tells_a_member_of_others(village: dict[str, Any], name: str) -> None:
    stage.people()
    person = staff("sam", **{name: ProviderAccount.objects.get(external_id="credly-0")})
    client = stage.signed_in(person)
    for address in admin_routes().values():
        for method in (client.get, client.post):
            answer = method(address)
            assert answer.status_code < 500, address
            told = answer.getvalue() if answer.streaming else answer.content
            assert not [each for each in (b"accredible-0", b"badgekit-0", stage.SECRET.encode()) if each in told], (
                address
            )
        if "logout" in address:
            client.force_login(person)


@pytest.mark.parametrize("name", ["issuer", "reader"])
def test_members_see_no_byte_of_other_accounts(own: ProviderAccount, name: str) -> None:
    client = stage.signed_in(staff("sam", **{name: own}))
    other = ProviderAccount.objects.get(external_id="credly-1")
    seen = 0
    for model in admin.site._registry:
        queries = ("", "?q=credly", "?q=credly-1", f"?account__id__exact={other.pk}", "?o=1", "?all=", "?_popup=1")
        for query in queries:
            answer = client.get(page(model, "changelist") + query)
            assert answer.status_code in {200, 302, 403}, (model, query)
            # What was asked for stands in the field for it.
            told = re.sub(rb"(value=\"|q=|q%3D)credly-1", b"", answer.content)
            assert not [each for each in FOREIGN if each in told], (model, query)
            seen += b"credly-0" in told
    assert seen > 20
    for address in ("/admin/", "/admin/badges/", "/admin/jsi18n/"):
        assert not [each for each in FOREIGN if each in client.get(address).content], address


def test_members_find_nothing_of_other_accounts(own: ProviderAccount) -> None:
    client = stage.signed_in(staff("sam", issuer=own))
    assert client.get("/admin/search/", {"q": "credly-0"}).context["sections"]
    for text in ("credly-1", "credly-1@example.com", "accredible-0", "badgekit-1"):
        assert client.get("/admin/search/", {"q": text}).context["sections"] == [], text
    of = {"accountmember": "user", "badge": "template", "badgerequirement": "badge", "issuance": "account"}
    for model, field in of.items():
        asked = {"app_label": "badges", "model_name": model, "field_name": field, "term": "credly-1"}
        assert client.get("/admin/autocomplete/", asked).status_code == 403, model


@pytest.mark.parametrize("name", ["issuer", "reader"])
def test_members_reach_nothing_of_other_accounts_by_its_id(own: ProviderAccount, name: str) -> None:
    client = stage.signed_in(staff("sam", **{name: own}))
    before = as_they_stand()
    for model in TABLES:
        for row in foreign(model):
            for pages in pages_of(model):
                below = ["change", "history", "delete", *(["award"] if issubclass(pages, BadgeTemplate) else [])]
                for address in (page(pages, each, row.pk) for each in below):
                    for answer in (client.get(address), client.post(address, {"post": "yes", "is_active": "on"})):
                        assert answer.status_code in {302, 403, 404}, address
                        assert not [each for each in FOREIGN if each in answer.content], address
    assert not [each for each in FOREIGN if each in client.get("/admin/").content]  # With the messages of all that.
    assert as_they_stand() == before


def test_actions_of_an_issuer_do_nothing_to_other_accounts(own: ProviderAccount) -> None:
    client = stage.signed_in(staff("sam", issuer=own, reader=ProviderAccount.objects.get(external_id="accredible-1")))
    Issuance.objects.update(status=Issuance.Status.DEAD)
    before, tried = as_they_stand(), 0
    for model in TABLES:
        for pages in pages_of(model):
            listed = client.get(page(pages, "changelist"))
            if listed.status_code != 200 or not (
                chosen := listed.context["cl"].model_admin.get_actions(listed.wsgi_request)
            ):
                continue
            for action in chosen:
                for across in ("0", "1"):
                    ids = [row.pk for row in foreign(model)]
                    told = {"action": action, "_selected_action": ids, "select_across": across, "confirmed": "yes"}
                    answer = client.post(page(pages, "changelist") + "?q=credly-1", {**told, "post": "yes"})
                    assert answer.status_code in {200, 302}, action
                    tried += 1
    assert tried > 10
    assert as_they_stand() == before


def test_an_issuer_saves_no_requirement_of_a_badge_of_another_account(own: ProviderAccount) -> None:
    client = stage.signed_in(staff("sam", issuer=own))
    template = own.templates.get()
    theirs = BadgeTemplate.objects.get(external_id="credly-1")
    row = template.requirements.get()
    shown = client.get(page(BadgeRequirement, "change", row.pk))
    assert f'<option value="{theirs.pk}"'.encode() not in shown.content
    told = {"event_type": "", "count": 1, "badge": theirs.pk, "rules-TOTAL_FORMS": 0, "rules-INITIAL_FORMS": 0}
    refused = client.post(page(BadgeRequirement, "change", row.pk), told)
    assert "badge" in refused.context["adminform"].form.errors
    assert b"credly-1" not in refused.content
    row.refresh_from_db()
    assert row.badge_id is None


def test_what_a_template_requires_already_is_kept(own: ProviderAccount) -> None:
    client = stage.signed_in(staff("sam", issuer=own))
    theirs = BadgeTemplate.objects.get(external_id="credly-1")
    row = own.templates.get().requirements.get()
    DataRule.objects.filter(requirement=row).delete()
    BadgeRequirement.objects.filter(pk=row.pk).update(badge=theirs, event_type="", description="")
    told = {"event_type": "", "count": 1, "badge": theirs.pk, "description": "Sail first."}
    told |= {"rules-TOTAL_FORMS": 0, "rules-INITIAL_FORMS": 0}
    assert client.post(page(BadgeRequirement, "change", row.pk), told).status_code == 302
    row.refresh_from_db()
    assert (row.badge_id, row.description) == (theirs.pk, "Sail first.")


def test_a_template_of_another_account_tells_a_member_nothing_of_its_learners(own: ProviderAccount) -> None:
    sam = staff("sam", reader=own)
    sam.user_permissions.set(Permission.objects.filter(codename="view_credlybadgetemplate"))
    client, theirs = stage.signed_in(sam), BadgeTemplate.objects.get(external_id="credly-1")
    (pages,) = [each for each in pages_of(BadgeTemplate) if each.__name__ == "CredlyBadgeTemplate"]
    shown = client.get(page(pages, "change", theirs.pk))
    assert shown.status_code == 200
    told = ("progress", "newest", "badge_list")
    assert not [name for name in told if name in shown.context]
    of_own = client.get(page(pages, "change", own.templates.get().pk)).context
    assert all(of_own[name] for name in told)


def test_memberships_are_read_once_for_each_page(own: ProviderAccount) -> None:
    client = stage.signed_in(staff("sam", issuer=own))
    (pages,) = [each for each in pages_of(Badge) if each.__name__ == "CredlyBadge"]
    counts = []
    for more in (range(0), range(2, 12)):
        populate(more)
        Badge.objects.filter(external_id__in=[f"credly-{number}" for number in more]).update(account=own)
        client.get(page(pages, "changelist"))
        with CaptureQueriesContext(connection) as statements:
            assert client.get(page(pages, "changelist")).status_code == 200
        counts.append(len(statements))
        assert sum("badges_accountmember" in each["sql"] for each in statements) == 1
    assert counts[0] == counts[1]
