"""A preview is asked for on the list of templates, looked at on its page, and applied from there."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from credentials_badges.badges import tasks
from credentials_badges.badges.models import Badge, BadgeTemplate, Learner, Recomputation
from tests.badges.world import World, passing, requirement, send

TEMPLATES = "/admin/badges/credlybadgetemplate/"


@pytest.fixture
def late(credly: World) -> World:
    """Ada passed before there was a badge."""
    send(passing("ada", "OneX"))
    credly.configure(requirements=[requirement("one", "OneX")])
    return credly


def preview(client: Client, template: BadgeTemplate) -> str:
    """Ask for a preview; returns the address of its page."""
    asked = client.post(TEMPLATES, {"action": "preview", "_selected_action": [template.pk]})
    assert asked.status_code == 302
    return str(asked["Location"])


def test_a_preview_shows_itself_until_it_is_done(late: World, admin_client: Client) -> None:
    page = preview(admin_client, late.templates[0])
    assert 'http-equiv="refresh"' in admin_client.get(page).text
    assert "/apply/" not in admin_client.get(page).text
    tasks.recompute()
    done = admin_client.get(page).text
    assert "/apply/" in done
    assert 'http-equiv="refresh"' not in done
    assert "Would earn it" in done
    assert "<summary>Who</summary>ada" in done
    assert not Badge.objects.exists()


@pytest.mark.parametrize("revokes", ["", "yes"])
def test_what_a_preview_shows_is_done_from_its_page(late: World, admin_client: Client, revokes: str) -> None:
    send(passing("ben", "TwoX"))
    late.configure(requirements=[requirement("one", "TwoX")])
    send(passing("ben", "TwoX", minute=1))
    late.configure(requirements=[requirement("one", "OneX")])
    page = preview(admin_client, late.templates[0])
    tasks.recompute()
    answer = admin_client.post(page.replace("/change/", "/apply/"), {"revokes": revokes}, follow=True)
    assert answer.status_code == 200
    tasks.recompute()
    held = {badge.learner.username for badge in late.badges() if badge.status == Badge.Status.AWARDED}
    assert held == ({"ada"} if revokes else {"ada", "ben"})
    job = Recomputation.objects.first()
    assert job
    assert (job.applies, job.revokes, job.asked_by) == (True, bool(revokes), Learner.objects.get(is_superuser=True))


def test_what_is_not_active_is_not_awarded(late: World, admin_client: Client) -> None:
    BadgeTemplate.objects.update(is_active=False)
    page = preview(admin_client, late.templates[0])
    tasks.recompute()
    answer = admin_client.post(page.replace("/change/", "/apply/"), follow=True)
    assert "not active" in answer.text
    assert Recomputation.objects.count() == 1


def test_only_who_may_change_things_asks_and_applies(late: World, admin_client: Client) -> None:
    page = preview(admin_client, late.templates[0])
    apply = page.replace("/change/", "/apply/")
    assert admin_client.get(apply).status_code == 405
    assert admin_client.post("/admin/badges/recomputation/999999/apply/").status_code == 404
    reader = Client()
    reader.force_login(Learner.objects.create_user("reader", is_staff=True))
    assert reader.post(apply).status_code == 403
    assert Client().post(apply)["Location"].startswith("/admin/login/")
    assert Recomputation.objects.count() == 1


def test_who_asked_sees_it_and_applies_it_only_with_leave_for_its_templates(late: World) -> None:
    def user(name: str, *names: str) -> Client:
        learner = Learner.objects.create_user(name, is_staff=True)
        learner.user_permissions.set(Permission.objects.filter(codename__in=names))
        client = Client()
        client.force_login(learner)
        return client

    editor = user("editor", "view_credlybadgetemplate", "change_credlybadgetemplate")
    page = preview(editor, late.templates[0])
    tasks.recompute()
    assert "/apply/" in editor.get(page).text
    stranger = user("stranger", "view_recomputation", "change_recomputation")
    assert "/apply/" not in stranger.get(page).text
    assert stranger.post(page.replace("/change/", "/apply/")).status_code == 403
    assert editor.post(page.replace("/change/", "/apply/")).status_code == 302
    assert Recomputation.objects.count() == 2
