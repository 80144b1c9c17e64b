"""An issuer of one account at work, who finds nothing of another; and the page on which such roles are given."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from credentials_badges.badges.models import AccountMember, Badge, Learner
from tests.badges.world import World, passing, requirement, send, world

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long word of nobody's"
PHONE = {"viewport": {"width": 390, "height": 844}}
Picture = Callable[[Page, str], None]


@pytest.fixture
def credly(transactional_db: None) -> Iterator[World]:
    """Harbour Point, and beside it Lakeside, each with a template that somebody has earned."""
    with world() as built:
        lakeside = built.second_account()
        lakeside.configure(requirements=[requirement("two", "TwoX")])
        built.configure(requirements=[requirement("one", "OneX")], active=False)
        send(passing("ada", "OneX"), passing("lakesider", "TwoX"))
        yield built


def staff(name: str) -> Learner:
    made = Learner.objects.create(username=name, email=f"{name}@example.com", is_staff=True)
    made.set_password(PASSWORD)
    made.save()
    return made


def test_an_issuer_activates_and_awards_and_sees_nothing_else(
    credly: World, open_as: Callable[..., Page], picture: Picture
) -> None:
    AccountMember.objects.create(account=credly.account, user=staff("iris"), role=AccountMember.Role.ISSUER)
    page, template = open_as("iris", PASSWORD), credly.templates[0]
    page.goto("/admin/")
    expect(page.get_by_role("link", name="Credly badge templates").first).to_be_visible()
    expect(page.get_by_text("Lakeside")).to_have_count(0)
    expect(page.get_by_role("link", name="Learners", exact=True)).to_have_count(0)
    picture(page, "roles-issuer-front")
    page.goto("/admin/badges/credlybadgetemplate/")
    expect(page.locator("#result_list tbody tr")).to_have_count(len(credly.templates))
    expect(page.get_by_text("Lakeside")).to_have_count(0)
    page.locator(f"input[name=_selected_action][value='{template.pk}']").check()
    page.locator("select[name=action]").select_option("activate")
    picture(page, "roles-issuer-templates")
    page.get_by_role("button", name="Go").click()
    expect(page.locator(".messagelist")).to_contain_text("Activated: 1")
    give(page, template.pk, picture)
    badge = Badge.objects.get(account=credly.account)
    assert (badge.learner.username, badge.granted_by and badge.granted_by.username) == ("ada", "iris")
    page.goto("/admin/badges/credlybadge/")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.get_by_text("lakesider")).to_have_count(0)
    other = Badge.objects.exclude(account=credly.account).get()
    page.goto(f"/admin/badges/credlybadge/{other.pk}/change/")
    expect(page.locator(".messagelist")).to_contain_text("doesn’t exist")
    expect(page.get_by_text("lakesider")).to_have_count(0)


def give(page: Page, template: int, picture: Picture) -> None:
    """Give the template's badge to Ada by hand."""
    page.goto(f"/admin/badges/credlybadgetemplate/{template}/award/")
    page.get_by_label("Learners").fill("ada")
    page.get_by_label("Reason").fill("She helped at the open day.")
    page.locator("form[method=post] input[type=submit]").last.click()
    picture(page, "roles-issuer-award")
    page.get_by_role("button", name="Award 1 badge").click()
    expect(page.locator(".messagelist")).to_contain_text("Given to 1 learner")


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, PHONE], ids=["light", "dark", "phone"])
def test_an_administrator_sees_who_works_for_an_account(
    credly: World, open_as: Callable[..., Page], picture: Picture, look: dict[str, Any], request: Any
) -> None:
    boss, iris = staff("boss"), staff("iris")
    boss.groups.add(Group.objects.get(name="Administrators"))
    iris.groups.add(Group.objects.get(name="Readers"))
    AccountMember.objects.create(account=credly.account, user=iris, role=AccountMember.Role.ISSUER)
    page = open_as("boss", PASSWORD, **look)
    page.goto(f"/admin/badges/credlyorganization/{credly.account.pk}/change/")
    expect(page.get_by_text("Add another Member")).to_be_visible()
    picture(page, f"roles-members-{request.node.callspec.id}")
    page.goto(f"/admin/badges/learner/{iris.pk}/change/")
    expect(page.locator(".field-roles")).to_contain_text("Harbour Point (credly): Issuer")
    expect(page.locator(".field-roles")).to_contain_text("Readers: look at everything but")
    picture(page, f"roles-learner-{request.node.callspec.id}")
    assert page.locator("#id_is_superuser").count() == 0  # An administrator gives no rights.
