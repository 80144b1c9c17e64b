"""What an administrator does day by day, as the guide tells it; and a badge's page in each of its states."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from credentials_badges.badges.models import Badge, BadgeTemplate, Issuance, Learner
from tests.badges.world import World, passing, requirement, send, world

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long word of nobody's"
PHONE = {"viewport": {"width": 390, "height": 844}}
Picture = Callable[[Page, str], None]
Open = Callable[..., Page]


@pytest.fixture
def credly(transactional_db: None) -> Iterator[World]:
    """Ada has earned a badge, and Ben is on the way; Rosa administers."""
    with world() as built:
        template = built.configure(requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
        BadgeTemplate.objects.filter(pk=template.pk).update(name="Boat Builder")
        send(passing("ada", "OneX"), passing("ada", "TwoX"), passing("ben", "OneX"))
        rosa = Learner.objects.create_superuser("rosa", "rosa@example.com", PASSWORD)
        Learner.objects.filter(pk=rosa.pk).update(full_name="Rosa Roth")
        yield built


def look_at(page: Page, picture: Picture, badge: Badge, name: str) -> None:
    page.goto(f"/admin/badges/credlybadge/{badge.pk}/change/")
    expect(page.get_by_role("heading", name="Its story")).to_be_visible()
    picture(page, f"badge-{name}")


def test_progress_badges_and_activation_are_where_the_guide_says(
    credly: World, open_as: Open, picture: Picture
) -> None:
    page = open_as("rosa", PASSWORD)
    page.goto("/admin/badges/badgeprogress/")
    expect(page.locator("#result_list").get_by_role("row").filter(has_text="ben")).to_contain_text("50 %")
    credly.deliver(1)
    page.goto("/admin/badges/credlybadge/")
    expect(page.locator("#result_list").get_by_role("row").filter(has_text="ada")).to_contain_text(
        credly.badges()[0].external_id or "?"
    )
    page.goto("/admin/badges/accrediblebadge/")
    expect(page.get_by_text("0 Accredible badges")).to_be_visible()
    page.goto("/admin/badges/credlybadgetemplate/")
    picture(page, "template-list")
    page.get_by_role("link", name="Boat Builder").click()
    expect(page.get_by_text("On the way: 1. Complete: 1. Holding the badge: 1.")).to_be_visible()
    picture(page, "template-page")
    for wanted in (False, True):
        page.get_by_label("Is active").set_checked(wanted)
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("was changed successfully")).to_be_visible()
        page.get_by_role("link", name="Boat Builder").last.click()
        expect(page.locator(".activation")).to_contain_text("Active" if wanted else "Not active")
        assert BadgeTemplate.objects.get(name="Boat Builder").is_active is wanted
    assert credly.badges()[0].status == Badge.Status.AWARDED


def test_a_badge_from_waiting_to_revoked(credly: World, open_as: Open, picture: Picture) -> None:
    page, (badge,) = open_as("rosa", PASSWORD), credly.badges()
    look_at(page, picture, badge, "waiting")
    expect(page.locator(".story")).to_contain_text("It is due, and will be sent by the next worker.")
    credly.deliver(1)
    look_at(page, picture, badge, "pushed")
    expect(page.locator(".story")).to_contain_text("Credly has it: done.")
    page.get_by_text("The provider's answer").first.click()
    expect(page.locator(".story pre").first).to_be_visible()
    page.get_by_role("button", name="Revoke").click()
    page.get_by_label("Reason").fill("It was for somebody else.")
    page.get_by_role("button", name=re.compile("Revoke 1 badge")).click()
    expect(page.get_by_text("Revoked: 1.")).to_be_visible()
    credly.deliver(1)
    look_at(page, picture, badge, "revoked")
    expect(page.locator(".story")).to_contain_text("It was taken back here by rosa: It was for somebody else.")
    badge.refresh_from_db()
    assert (badge.status, badge.external_state) == (Badge.Status.REVOKED, "revoked")


@pytest.mark.parametrize(
    ("name", "options"),
    [("light", {}), ("dark", {"color_scheme": "dark"}), ("phone", PHONE)],
    ids=["light", "dark", "phone"],
)
def test_a_badge_that_failed_is_tried_again(
    credly: World, open_as: Open, picture: Picture, name: str, options: dict[str, object]
) -> None:
    templates = credly.sandbox.organizations[credly.organization].templates
    kept = dict(templates)
    templates.clear()
    credly.deliver(1)
    page, (badge,) = open_as("rosa", PASSWORD, **options), credly.badges()
    look_at(page, picture, badge, f"failed-{name}")
    expect(page.locator(".story")).to_contain_text("Mend what the error says")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("To be tried again: 1.")).to_be_visible()
    expect(page.get_by_role("heading", name="Its story")).to_be_visible()
    templates.update(kept)
    credly.deliver(2)
    page.reload()
    expect(page.locator(".badge-head")).to_contain_text("Pushed")
    assert Issuance.objects.get().status == Issuance.Status.DELIVERED
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("name", "options"), [("light", {}), ("dark", {"color_scheme": "dark"}), ("phone", PHONE)])
def test_a_learner_is_found_and_many_promises_are_confirmed(
    credly: World, open_as: Open, picture: Picture, name: str, options: dict[str, object]
) -> None:
    send(passing("cem", "OneX"), passing("cem", "TwoX"))
    Issuance.objects.update(status=Issuance.Status.DEAD, failure="rejected", open_key=None, last_error="No.")
    page = open_as("rosa", PASSWORD, **options)
    page.goto("/admin/")
    page.get_by_role("searchbox", name="Search everything").fill("ADA@example.com")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="Learners")).to_be_visible()
    picture(page, f"found-{name}")
    page.get_by_role("link", name=re.compile("^ada")).click()
    expect(page.get_by_role("link", name=re.compile("2 of 2 groups done"))).to_be_visible()
    picture(page, f"learner-{name}")
    page.goto("/admin/search/?q=nobody-at-all")
    expect(page.get_by_role("status")).to_contain_text("Nothing was found")
    picture(page, f"found-nothing-{name}")
    page.goto("/admin/badges/issuance/")
    page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option(label="Retry")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).first.click()
    expect(page.get_by_text("are dead and will be tried again")).to_be_visible()
    picture(page, f"confirm-{name}")
    page.get_by_role("button", name="Retry (2)").click()
    expect(page.get_by_text("To be tried again: 2.")).to_be_visible()
    assert Issuance.objects.filter(status=Issuance.Status.PENDING).count() == 2
