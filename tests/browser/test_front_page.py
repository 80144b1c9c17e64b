"""The administration's first page in a real browser: all is well, nothing is there yet, and much goes wrong."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from credentials_badges.badges import heartbeat
from credentials_badges.badges.models import (
    Badge,
    BadgeRequirement,
    BadgeTemplate,
    DataRule,
    Issuance,
    Learner,
    LearningEvent,
    ProviderAccount,
    SyncRun,
    UnreadableEvent,
)

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long word of nobody's"
PHONE = {"width": 390, "height": 844}
ERRORS = "The learner's address was refused by the provider."


@pytest.fixture
def enter(open_as: Callable[..., Page]) -> Callable[..., Page]:
    """Opens the page as the administrator."""
    Learner.objects.create_superuser("root", "root@example.com", PASSWORD, is_staff=True)

    def opened(**options: Any) -> Page:
        page = open_as("root", PASSWORD, **options)
        page.goto("/admin/")
        return page

    return opened


@pytest.fixture
def flowing() -> list[ProviderAccount]:
    """Three accounts with two weeks of events and badges, all of which were pushed."""
    now, accounts = timezone.now(), []
    heartbeat.beat(now)
    learners = [Learner.objects.create(username=f"learner-{number}") for number in range(40)]
    for place, (provider, name) in enumerate(
        [("credly", "Harbour Point"), ("accredible", "Lakeside College"), ("badgekit", "City Library")]
    ):
        account = ProviderAccount.objects.create(
            provider=provider, external_id=str(place), name=name, key_expires_at=now + timedelta(200)
        )
        accounts.append(account)
        SyncRun.objects.create(account=account, started_at=now, finished_at=now, unchanged=3)
        template = BadgeTemplate.objects.create(account=account, external_id="1", name="Knots", is_active=True)
        required = BadgeRequirement.objects.create(template=template, event_type="x", key="one")
        DataRule.objects.create(requirement=required, path="a", operator="eq", value="1")
        for number, learner in enumerate(learners):
            then = now - timedelta(days=(number * (place + 3)) % 14)
            named = {"account": account, "template": template, "learner": learner}
            badge = Badge.objects.create(**named, awarded_at=then, earned_at=then, external_id=str(number))
            LearningEvent.objects.create(
                event_id=f"{place}-{number}",
                source="s",
                type="x",
                occurred_at=then,
                received_at=then,
                processed_at=then,
                learner=learner,
            )
            Issuance.objects.create(
                badge=badge,
                account=account,
                action="issue",
                status="delivered",
                not_before=then,
                created_at=then,
                claimed_at=then,
                delivered_at=then,
            )
    return accounts


@pytest.fixture
def failing(flowing: list[ProviderAccount]) -> list[ProviderAccount]:
    """The same, in trouble."""
    harbour, lakeside, library = flowing
    now = timezone.now()
    Issuance.objects.filter(account=harbour, pk__in=list(_some(harbour, 9))).update(
        status="dead", failure="rejected", last_error=ERRORS, delivered_at=None
    )
    Issuance.objects.filter(account=lakeside, pk__in=list(_some(lakeside, 4))).update(
        status="pending", attempts=3, delivered_at=None
    )
    paused = {"paused_reason": "401: the key is not valid.", "paused_until": now, "failures": 1}
    ProviderAccount.objects.filter(pk=lakeside.pk).update(**paused, key_expires_at=now + timedelta(5))
    SyncRun.objects.filter(account=library).update(failure="provider", error="The store was away.")
    LearningEvent.objects.filter(event_id__in=["0-1", "0-2", "1-9"]).update(error="It crashed.")
    LearningEvent.objects.filter(event_id="1-3").update(processed_at=None)
    UnreadableEvent.objects.create(source="lms", where="line 1", reason="not JSON", body="{", received_at=now)
    return flowing


def _some(account: ProviderAccount, count: int) -> Any:
    return Issuance.objects.filter(account=account).order_by("-pk").values_list("pk", flat=True)[:count]


LOOKS = pytest.mark.parametrize(
    ("look", "options"),
    [("light", {}), ("dark", {"color_scheme": "dark"}), ("phone", {"viewport": PHONE})],
    ids=["light", "dark", "phone"],
)


def fits(page: Page) -> bool:
    """Whether nothing makes the page wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@LOOKS
def test_where_all_flows_it_says_so(
    flowing: Any, enter: Callable[..., Page], picture: Any, look: str, options: dict[str, Any]
) -> None:
    page = enter(**options)
    expect(page.get_by_text("Nothing stands still, and nobody has to do anything.")).to_be_visible()
    expect(page.get_by_role("region", name="Badges awarded").locator("svg.chart")).to_be_visible()
    expect(page.get_by_role("row", name="Lakeside College")).to_contain_text("Running")
    picture(page, f"front-flowing-{look}")
    assert fits(page)


@LOOKS
def test_an_empty_installation_shows_the_first_steps(
    enter: Callable[..., Page], picture: Any, look: str, options: dict[str, Any]
) -> None:
    page = enter(**options)
    expect(page.get_by_role("heading", name="The first steps")).to_be_visible()
    expect(page.locator(".front-steps li")).to_have_count(5)
    picture(page, f"front-empty-{look}")
    assert fits(page)
    page.locator(".front-steps").get_by_role("link", name="Credly").first.click()
    expect(page.get_by_label("API key")).to_be_visible()


@LOOKS
def test_what_is_wrong_is_shown_with_what_mends_it(
    failing: Any, enter: Callable[..., Page], picture: Any, look: str, options: dict[str, Any]
) -> None:
    page = enter(**options)
    expect(page.get_by_role("heading", name="Lakeside College (accredible) is paused")).to_be_visible()
    expect(page.get_by_role("button", name="Check the key")).to_be_visible()
    picture(page, f"front-failing-{look}")
    assert fits(page)


def test_dead_promises_are_tried_again_after_a_confirmation(failing: Any, enter: Callable[..., Page]) -> None:
    page = enter()
    page.get_by_role("button", name="Retry: Given up at Harbour Point").click()
    page.get_by_role("button", name="Retry (9)").click()
    expect(page.get_by_text("To be tried again: 9.")).to_be_visible()
    page.goto("/admin/")
    expect(page.get_by_role("button", name="Retry: Given up at Harbour Point")).to_have_count(0)
    assert not Issuance.objects.filter(status=Issuance.Status.DEAD, account__name="Harbour Point").exists()


def test_failed_events_are_processed_again_after_a_confirmation(failing: Any, enter: Callable[..., Page]) -> None:
    page = enter()
    assert LearningEvent.objects.exclude(error="").count() == 3
    page.get_by_role("button", name="Process again").click()
    page.get_by_role("button", name="Process again (3)").click()
    expect(page.get_by_text("To be processed again: 3.")).to_be_visible()
    assert not LearningEvent.objects.exclude(error="").exists()


def test_the_page_renews_itself_but_not_while_somebody_reads_a_table(
    flowing: list[ProviderAccount], enter: Callable[..., Page]
) -> None:
    page = enter()
    page.clock.install()
    page.reload()
    table = page.get_by_role("region", name="Badges awarded").locator("summary")
    table.click()
    ProviderAccount.objects.filter(pk=flowing[0].pk).update(paused_reason="The key is wrong.")
    paused = page.get_by_role("heading", name="Harbour Point (credly) is paused")
    page.clock.fast_forward(31_000)
    expect(paused).to_have_count(0)
    table.click()
    page.get_by_role("heading", name="Site administration").click()
    page.evaluate("document.activeElement.blur()")
    page.clock.fast_forward(31_000)
    expect(paused).to_be_visible()
    assert table.locator("..").get_attribute("open") is None


def test_without_scripts_it_is_the_same_page(failing: Any, enter: Callable[..., Page]) -> None:
    page, with_scripts = enter(java_script_enabled=False), enter()
    expect(page.get_by_role("button", name="Check the key")).to_be_visible()
    expect(page.get_by_role("heading", name="How it flows")).to_be_visible()
    headings = [each.get_by_role("main").get_by_role("heading").all_inner_texts() for each in (page, with_scripts)]
    assert headings[0] == headings[1] != []
