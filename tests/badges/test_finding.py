"""Learners and all else are found by whatever somebody has at hand, and nobody finds what they may not look at."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges.admin import finding, operations
from credentials_badges.badges.models import Badge, BadgeTemplate, Issuance, Learner, LearningEvent, ProviderAccount
from providers.badgekit.models import Application, BadgeInstance, Claim
from providers.badgekit.models import Badge as StoredBadge
from tests.badges.admin_by_hand import staff
from tests.badges.test_admin import populate
from tests.badges.world import World
from tests.providers.badgekit.api import make, store
from tests.security.roles import staff as worker
from tests.security.stage import signed_in

LEARNERS = "/admin/badges/learner/"
BADGES = "/admin/badges/credlybadge/"


def find(client: Client, text: str) -> dict[str, list[str]]:
    """The pages that were found, by title."""
    answer = client.get("/admin/search/", {"q": text})
    assert answer.status_code == 200
    return {str(section.title): [page for _, page in section.hits] for section in answer.context["sections"]}


def listed(client: Client, address: str, text: str) -> int:
    return int(client.get(address, {"q": text}).context["cl"].result_count)


@pytest.fixture
def pushed(earned: World) -> World:
    """Ada's badge is at Credly; her number in the LMS is known."""
    earned.deliver(1)
    Learner.objects.filter(username="ada").update(lms_user_id=4711, full_name="Ada Łęcka")
    return earned


@pytest.mark.parametrize("spelling", ["ada", "ada@example.com", "ADA@Example.COM", "4711", "Łęcka", "łęcka"])
def test_a_learner_is_found_by_name_address_and_number(pushed: World, admin_client: Client, spelling: str) -> None:
    ada = Learner.objects.get(username="ada")
    assert find(admin_client, spelling)["Learners"] == [f"{LEARNERS}{ada.pk}/change/"]
    assert find(admin_client, str(ada.uuid))["Learners"] == [f"{LEARNERS}{ada.pk}/change/"]


def test_an_exact_address_finds_their_badges_too(pushed: World, admin_client: Client) -> None:
    (badge,) = pushed.badges()
    found = find(admin_client, "Ada@Example.com")
    assert f"{BADGES}{badge.pk}/change/" in [page for pages in found.values() for page in pages]
    for address in (LEARNERS, BADGES, "/admin/badges/badgeprogress/"):
        assert listed(admin_client, address, "ADA@example.com") == 1
        assert listed(admin_client, address, "4711") == 1


def test_badges_are_found_by_external_id_uuid_and_public_address(pushed: World, admin_client: Client) -> None:
    (badge,) = pushed.badges()
    for text in (
        badge.external_id or "",
        str(badge.uuid),
        f"https://badges.example/badges/{badge.uuid}/",
        f"https://www.credly.com/badges/{badge.external_id}/public_url",
    ):
        assert [f"{BADGES}{badge.pk}/change/"] in find(admin_client, text).values(), text


def test_templates_accounts_events_and_promises_are_found(pushed: World, admin_client: Client) -> None:
    template, event, promise = pushed.templates[0], LearningEvent.objects.get(), Issuance.objects.get()
    page = f"/admin/badges/credlybadgetemplate/{template.pk}/change/"
    assert page in [each for pages in find(admin_client, template.external_id).values() for each in pages]
    assert [f"/admin/badges/credlyorganization/{pushed.account.pk}/change/"] in find(
        admin_client, "harbour POINT"
    ).values()
    assert find(admin_client, event.event_id) == {"Events": [f"/admin/badges/learningevent/{event.pk}/change/"]}
    assert find(admin_client, str(promise.key)) == {"Promises": [f"/admin/badges/issuance/{promise.pk}/change/"]}


@pytest.mark.parametrize("by", ["claim", "instance", "code"])
def test_an_address_that_was_used_in_the_store_finds_the_learner(credly: World, admin_client: Client, by: str) -> None:
    store()
    learner = Learner.objects.create(username="grace", email="grace@example.com")
    code, badge = make("abc-def", "coder"), StoredBadge.objects.get(slug="coder")
    former = "Former.Älias@example.org"
    if by == "claim":
        Claim.objects.create(code=code, badge=badge, learner=learner, email=former, state="awarded")
    elif by == "instance":
        BadgeInstance.objects.create(slug="x", badge=badge, email=former, recipient_id=str(learner.uuid))
    else:
        type(code).objects.filter(pk=code.pk).update(email=former.lower(), recipient_id=str(learner.uuid))
    for text in (former, former.lower(), former.upper() if by != "code" else former):
        assert find(admin_client, text)["Learners"] == [f"{LEARNERS}{learner.pk}/change/"]
        assert listed(admin_client, LEARNERS, text) == 1
    Application.objects.create(slug="y", badge=badge, learner=former.lower())
    assert len(find(admin_client, former)["Applications"]) == 1
    if by == "claim":
        assert len(find(admin_client, former)["Claims"]) == 1
        assert "Claims" in admin_client.get(f"{LEARNERS}{learner.pk}/change/").text


def test_letters_beyond_ascii_are_found_in_any_case(db: None, admin_client: Client) -> None:
    learner = Learner.objects.create(username="u", email="Ünal@Example.com", full_name="Ömer Ünal")
    for text in ("Ünal@example.com", "ÜNAL@EXAMPLE.COM", "ömer", "ÖMER Ü"[:4]):
        assert find(admin_client, text)["Learners"] == [f"{LEARNERS}{learner.pk}/change/"]


def test_only_what_the_user_may_view_is_found(pushed: World) -> None:
    client, clerk = staff(), Learner.objects.get(username="clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename="view_issuance"))
    assert find(client, "ada@example.com") == {}
    assert list(find(client, str(Issuance.objects.get().key))) == ["Promises"]
    clerk.user_permissions.clear()
    assert find(client, str(Issuance.objects.get().key)) == {}


def test_at_most_twenty_are_shown_and_the_list_has_the_rest(db: None, admin_client: Client) -> None:
    Learner.objects.bulk_create(Learner(username=f"student-{number:02}") for number in range(25))
    text = admin_client.get("/admin/search/?q=student-").text
    assert len(set(re.findall(r">student-\d\d", text))) == 20
    assert '<a href="/admin/badges/learner/?q=student-">' in text
    assert listed(admin_client, LEARNERS, "student-") == 25


@pytest.mark.parametrize("text", ["%", "_", "'", '"><script>', "\\", "http://[", "9" * 40, "a" * 5000, "\0", "@", "-"])
def test_odd_words_find_nothing_and_break_nothing(pushed: World, admin_client: Client, text: str) -> None:
    answer = admin_client.get("/admin/search/", {"q": text})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert '"><script>' not in answer.text


def test_it_costs_as_many_statements_for_many_rows_as_for_few(admin_client: Client) -> None:
    counts: list[int] = []
    for numbers in (range(2), range(2, 20)):
        populate(numbers)
        for text in ("credly-1@example.com", "credly"):
            admin_client.get("/admin/search/", {"q": text})
            with CaptureQueriesContext(connection) as statements:
                admin_client.get("/admin/search/", {"q": text})
            counts.append(len(statements))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 40


def test_an_exact_address_never_scans_badges(pushed: World, admin_client: Client) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite's plans are read here")
    with CaptureQueriesContext(connection) as statements:
        find(admin_client, "ada@example.com")
    plans: list[Any] = []
    for statement in statements.captured_queries:
        if statement["sql"].startswith("SELECT") and '"badges_badge"' in statement["sql"]:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN QUERY PLAN " + statement["sql"].replace("%", "%%"))
                plans += [row[3] for row in cursor.fetchall()]
    assert plans
    assert [plan for plan in plans if re.match(r"SCAN badges_(badge|learner)\b", plan)] == []
    assert Badge.objects.count() == 1


class TestCrowd:
    """What belongs to other accounts crowds nothing out."""

    @pytest.fixture
    def crowded(self, earned: World) -> World:
        """Ada has a newer badge, with a promise, of each of many templates of another provider's account."""
        other = ProviderAccount.objects.create(provider="accredible", external_id="other", name="Other")
        ada, now = Learner.objects.get(username="ada"), timezone.now()
        for number in range(25):
            template = BadgeTemplate.objects.create(account=other, external_id=str(number), name="Rope and more")
            of = {"account": other, "template": template, "learner": ada}
            badge = Badge.objects.create(**of, awarded_at=now, earned_at=now)
            Issuance.objects.create(badge=badge, account=other, action="issue", not_before=now, created_at=now)
        BadgeTemplate.objects.filter(account=earned.account).update(name="Rope and more")
        return earned

    def test_of_a_learners_badges_those_of_each_provider_are_found(self, crowded: World, admin_client: Client) -> None:
        (own,) = crowded.account.badges.all()
        for client in (admin_client, signed_in(worker("sam", reader=crowded.account))):
            assert [f"{BADGES}{own.pk}/change/"] in find(client, "ada").values()

    def test_of_promises_those_of_the_own_account_are_found(
        self, crowded: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(operations, "FOUND", 5)
        monkeypatch.setattr(finding, "FOUND", 5)
        client = signed_in(worker("sam", reader=crowded.account))
        assert listed(client, "/admin/badges/issuance/", "Rope") == 1
        assert listed(client, "/admin/badges/badgeprogress/", "Rope") == 1

    def test_an_event_of_the_last_of_many_sources_is_found(self, db: None, admin_client: Client) -> None:
        now = timezone.now()
        LearningEvent.objects.bulk_create(
            LearningEvent(event_id=f"e{n}", source=f"s{n:03}", type="x", occurred_at=now, received_at=now)
            for n in range(101)
        )
        assert list(find(admin_client, "e100")) == ["Events"]
        assert listed(admin_client, "/admin/badges/learningevent/", "e100") == 1


@pytest.mark.parametrize("kind", ["badgerequirement", "credlybadgetemplate", "credlyorganization", "issuance"])
def test_a_thousand_words_are_no_more_than_a_list_can_look_for(db: None, admin_client: Client, kind: str) -> None:
    assert listed(admin_client, f"/admin/badges/{kind}/", "x " * 2000) == 0


def test_the_box_stands_on_every_page_of_the_administration(db: None, admin_client: Client) -> None:
    for address in ("/admin/", LEARNERS, "/admin/search/", f"{LEARNERS}add/"):
        assert 'role="search" action="/admin/search/"' in admin_client.get(address).text
    assert 'role="search"' not in Client().get("/admin/login/").text
