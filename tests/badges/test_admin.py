"""Every page of the administration: it opens, it costs a constant number of statements, and it keeps its secrets."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from credentials_badges.badges.models import (
    Badge,
    BadgePenalty,
    BadgeProgress,
    BadgeRequirement,
    BadgeTemplate,
    DataRule,
    Fulfillment,
    Issuance,
    Learner,
    LearningEvent,
    ProviderAccount,
    SyncRun,
    UnreadableEvent,
)
from providers.badgekit import models as store
from tests.badges.world import PASSING

KEY = "a-key-that-nobody-sees"
PAGES = [model for model in admin.site._registry if model._meta.app_label in {"badges", "badgekit"}]
DOCUMENTED = {
    *("credlyorganization", "credlybadgetemplate", "credlybadge"),
    *("accredibleapiconfig", "accrediblegroup", "accrediblebadge"),
    *("badgekitaccount", "badgekitbadgetemplate", "badgekitissuedbadge"),
    *("badgeprogress", "badgerequirement"),
}


def populate(numbers: range) -> None:
    """One row more on every page for each number, at each provider."""
    for number in numbers:
        for provider in ("credly", "accredible", "badgekit"):
            _one_badge(provider, f"{provider}-{number}")
        _one_stored_badge(f"stored-{number}")


def _one_badge(provider: str, name: str) -> None:
    now = timezone.now()
    account = ProviderAccount.objects.create(provider=provider, external_id=name, name=name, api_key=KEY)
    learner = Learner.objects.create(username=name, email=f"{name}@example.com")
    template = BadgeTemplate.objects.create(account=account, external_id=name, name=name)
    requirement = BadgeRequirement.objects.create(template=template, key=name, event_type=PASSING)
    DataRule.objects.create(requirement=requirement, path="course.course_key", value=name)
    BadgePenalty.objects.create(template=template, event_type=PASSING).requirements.add(requirement)
    event = LearningEvent.objects.create(
        event_id=name, source="/lms", type=PASSING, occurred_at=now, received_at=now, learner=learner
    )
    Fulfillment.objects.create(learner=learner, requirement=requirement, fulfilled=True, as_of=now, event=event)
    BadgeProgress.objects.create(learner=learner, template=template, groups_done=1, groups_needed=3, updated_at=now)
    badge = Badge.objects.create(
        learner=learner, template=template, account=account, awarded_at=now, earned_at=now, external_id=name
    )
    for action in Issuance.Action:
        Issuance.objects.create(
            badge=badge, account=account, action=action, not_before=now, created_at=now, receipt={"id": name}
        )
    SyncRun.objects.create(account=account, started_at=now, finished_at=now)
    UnreadableEvent.objects.create(source="/lms", where=name, reason="no JSON", body="{", digest=name, received_at=now)


def _one_stored_badge(name: str) -> None:
    system = store.System.objects.create(slug=name, name=name)
    issuer = store.Issuer.objects.create(slug=name, name=name, system=system)
    program = store.Program.objects.create(slug=name, name=name, issuer=issuer)
    badge = store.Badge.objects.create(slug=name, name=name, system=system, issuer=issuer, program=program)
    code = store.ClaimCode.objects.create(badge=badge, code=name, reservation=name, recipient_id=name)
    store.BadgeInstance.objects.create(slug=name, badge=badge, email=f"{name}@example.com", claim_code=code)


def viewer() -> Client:
    """Signed in as somebody who may look at everything and do nothing."""
    staff = Learner.objects.create_user("viewer", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(staff)
    return client


def run(client: Client, address: str, action: str, *rows: Model) -> list[tuple[str, str]]:
    """Run an action on rows of a list, and confirm it; returns the messages with their levels."""
    told = {"action": action, "_selected_action": [row.pk for row in rows], "confirmed": "yes"}
    response = client.post(address, told)
    assert response.status_code == 302
    return [(message.level_tag, str(message)) for message in get_messages(response.wsgi_request)]


def address_of(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def all_addresses() -> Iterator[str]:
    yield reverse("admin:index")
    for model in admin.site._registry:
        yield address_of(model, "changelist")
        yield address_of(model, "changelist") + "?q=credly"
        yield address_of(model, "add")
        if row := model._default_manager.first():
            for page in ("change", "delete", "history"):
                yield address_of(model, page, row.pk)


def test_the_documented_addresses_are_there() -> None:
    assert {f"/admin/badges/{name}/" for name in DOCUMENTED} <= {address_of(model, "changelist") for model in PAGES}


def test_a_list_costs_as_many_statements_for_8_rows_as_for_3(admin_client: Client) -> None:
    counts: list[dict[str, int]] = []
    for numbers in (range(3), range(3, 8)):  # All promises are on one page: others cost one statement more.
        populate(numbers)
        counts.append({})
        for model in PAGES:
            admin_client.get(address_of(model, "changelist"))  # The first visit also fills caches.
            with CaptureQueriesContext(connection) as statements:
                assert admin_client.get(address_of(model, "changelist")).status_code == 200
            counts[-1][model._meta.label] = len(statements)
    assert counts[0] == counts[1]
    assert max(counts[1].values()) <= 12


def test_every_page_opens_for_the_superuser_without_the_key(admin_client: Client) -> None:
    populate(range(2))
    for address in all_addresses():
        answer = admin_client.get(address)
        assert answer.status_code in {200, 302, 403}, address
        assert KEY not in answer.text, address


@pytest.mark.django_db
def test_who_may_only_look_sees_no_key_and_adds_and_deletes_nothing() -> None:
    populate(range(2))
    client = viewer()
    for address in all_addresses():
        answer = client.get(address)
        assert answer.status_code == (403 if address.endswith(("/add/", "/delete/")) else 200), address
        assert KEY not in answer.text, address
        assert 'name="action"' not in answer.text, address


@pytest.mark.django_db
def test_strangers_are_sent_to_the_login() -> None:
    populate(range(1))
    learner = Client()
    learner.force_login(Learner.objects.create_user("ada"))
    for client in (Client(), learner):
        for address in all_addresses():
            answer = client.get(address)
            assert answer.status_code == 302
            assert answer["Location"].startswith("/admin/login/")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("provider", "page", "address"),
    [
        (
            "credly",
            "credlybadgetemplate",
            "https://www.credly.com/mgmt/organizations/a%2F1/badges/templates/a%2F1/details",
        ),
        (
            "accredible",
            "accrediblegroup",
            "https://dashboard.accredible.com/issuer/dashboard/group/a%2F1/information-and-appearance",
        ),
    ],
)
def test_a_templates_page_leads_to_where_the_provider_lets_it_be_changed(
    admin_client: Client, provider: str, page: str, address: str
) -> None:
    _one_badge(provider, "a/1")
    template = BadgeTemplate.objects.get()
    assert f'href="{address}"' in admin_client.get(f"/admin/badges/{page}/{template.pk}/change/").text
