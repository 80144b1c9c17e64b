"""A sync is looked at before it is applied, by whoever may pull the account's templates; each stays in the history."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import sync_jobs, tasks
from credentials_badges.badges.models import AccountMember, AuditEntry, BadgeTemplate, Learner, ProviderAccount, SyncRun
from tests.badges.test_admin import run
from tests.badges.test_sync_jobs import change_all_sorts
from tests.badges.test_syncing import clone, rows, without
from tests.badges.world import World, world
from tests.security.roles import staff
from tests.security.stage import signed_in

ACCOUNTS = "/admin/badges/credlyorganization/"
HISTORY = "/admin/badges/syncrun/"
LOOK = "Look at what a sync would change"


def looked_at(client: Client, account: ProviderAccount, *, done: bool = True) -> str:
    """Ask on the account's page, and let a worker do it; returns the address of the run's page."""
    asked = client.post(f"{ACCOUNTS}{account.pk}/preview-sync/")
    assert asked.status_code == 302
    if done:
        tasks.sync()
    return str(asked["Location"])


def user(name: str, *permissions: str) -> Client:
    learner = Learner.objects.create_user(name, is_staff=True)
    learner.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(learner)
    return client


def test_an_unfinished_page_looks_again_with_and_without_a_script(credly: World, admin_client: Client) -> None:
    page = looked_at(admin_client, credly.account, done=False)
    shown = admin_client.get(page).text
    assert "Waiting for a worker" in shown
    assert 'data-unfinished="yes"' in shown
    assert '<noscript><meta http-equiv="refresh"' in shown
    assert "badges/watch.js" in shown
    tasks.sync()
    done = admin_client.get(page).text
    assert 'data-unfinished="no"' in done
    assert "watch.js" not in done
    assert "http-equiv" not in done


def test_asking_again_shows_the_one_that_is_under_way(credly: World, admin_client: Client) -> None:
    first = looked_at(admin_client, credly.account, done=False)
    assert looked_at(admin_client, credly.account, done=False) == first


def test_what_differs_is_shown_escaped_and_applied_from_there(credly: World, admin_client: Client) -> None:
    change_all_sorts(credly)
    rows(credly)["fresh"].update(name="<b>Fresh</b>", image_url="javascript:alert(1)", image={"url": "javascript:0"})
    page = looked_at(admin_client, credly.account)
    shown = admin_client.get(page).text
    assert "&lt;b&gt;Fresh&lt;/b&gt;" in shown
    assert 'src="javascript' not in shown
    assert "<ins>Renamed</ins>" in shown
    assert f"/admin/badges/credlybadgetemplate/{credly.templates[0].pk}/change/" in shown
    assert not BadgeTemplate.objects.filter(external_id="fresh").exists()
    applied = admin_client.post(page.replace("/change/", "/apply/"))["Location"]
    tasks.sync()
    assert "Applied" in admin_client.get(applied).text
    assert BadgeTemplate.objects.get(external_id="fresh").name == "<b>Fresh</b>"
    actions = set(AuditEntry.objects.filter(via="admin").values_list("action", flat=True))
    assert {"asked what a sync would change", "asked for a sync"} <= actions
    newest = SyncRun.objects.latest("pk")
    assert newest.asked_by == Learner.objects.get(is_superuser=True)


@pytest.mark.django_db
def test_too_much_gone_needs_a_tick(admin_client: Client) -> None:
    with world(12) as credly:
        without(credly, 6)
        page = looked_at(admin_client, credly.account)
        assert "6 of the 12 templates would be archived" in admin_client.get(page).text
        refused = admin_client.post(page.replace("/change/", "/apply/"))["Location"]
        tasks.sync()
        assert "archive them all" in admin_client.get(refused).text
        again = admin_client.post(refused.replace("/change/", "/again/"), {"forces": "yes"})["Location"]
        tasks.sync()
        assert "Applied" in admin_client.get(again).text
    assert BadgeTemplate.objects.filter(state="archived").count() == 6


def test_a_failure_says_why_and_what_to_do(credly: World, admin_client: Client) -> None:
    ProviderAccount.objects.update(api_key="stale")
    page = looked_at(admin_client, credly.account)
    shown = admin_client.get(page).text
    assert "401" in shown
    assert f'<a href="{ACCOUNTS}{credly.account.pk}/change/">Mend the account</a>' in shown
    ProviderAccount.objects.update(api_key="harbour-key")
    again = admin_client.post(page.replace("/change/", "/again/"))["Location"]
    tasks.sync()
    assert "Both sides agree" in admin_client.get(again).text


def test_the_action_asks_for_each_of_the_accounts(credly: World, admin_client: Client) -> None:
    assert LOOK in admin_client.get(ACCOUNTS).text
    alone = {"action": "preview_sync", "_selected_action": [credly.account.pk]}
    assert admin_client.post(ACCOUNTS, alone)["Location"].startswith(HISTORY)
    lakeside = credly.second_account()
    said = run(admin_client, ACCOUNTS, "preview_sync", credly.account, lakeside.account)
    assert [level for level, _ in said] == ["info", "info"]
    assert SyncRun.objects.filter(finished_at=None, applies=False).count() == 2


def test_the_account_s_page_has_the_newest_runs(credly: World, admin_client: Client) -> None:
    page = f"{ACCOUNTS}{credly.account.pk}/change/"
    shown = admin_client.get(page).text
    assert "3 created, 0 changed, 0 archived, 0 unchanged" in shown
    assert f"{HISTORY}?account__id__exact={credly.account.pk}" in shown
    assert admin_client.get(f"{HISTORY}?account__id__exact={credly.account.pk}&state=applied").status_code == 200
    SyncRun.objects.all().delete()
    assert "have not been pulled yet" in admin_client.get(page).text


def test_only_who_may_pull_asks_and_applies(credly: World, admin_client: Client) -> None:
    page = looked_at(admin_client, credly.account)
    ask = f"{ACCOUNTS}{credly.account.pk}/preview-sync/"
    deeds = (ask, page.replace("/change/", "/apply/"), page.replace("/change/", "/again/"))
    reader = user("reader", "view_syncrun", "view_credlyorganization")
    runs = SyncRun.objects.count()
    assert reader.get(page).status_code == 200
    assert "/apply/" not in reader.get(page).text
    assert LOOK not in reader.get(f"{ACCOUNTS}{credly.account.pk}/change/").text
    stranger = user("stranger")
    assert stranger.get(page).status_code in {302, 403}
    for address in deeds:
        assert admin_client.get(address).status_code == 405
        assert [each.post(address).status_code for each in (reader, stranger)] == [403, 403]
        assert Client().post(address)["Location"].startswith("/admin/login/")
    assert SyncRun.objects.count() == runs
    assert admin_client.post(f"{HISTORY}99999/apply/").status_code == 404
    editor = user("editor", "change_credlyorganization", "view_credlyorganization")
    assert looked_at(editor, credly.account)
    assert editor.get(page).status_code == 200
    assert editor.post(deeds[1]).status_code == 302


@pytest.mark.django_db
def test_whoever_is_no_member_any_more_reads_no_run(credly: World) -> None:
    client = signed_in(staff("sam", issuer=credly.account))
    page = looked_at(client, credly.account)
    assert client.get(page).status_code == 200
    AccountMember.objects.all().delete()
    for address in (page, page.replace("/change/", "/history/"), HISTORY):
        assert client.get(address).status_code in {302, 403}


def test_an_issuer_of_all_accounts_who_reads_one_may_still_look_at_the_others(credly: World) -> None:
    lakeside = credly.second_account()
    client = signed_in(staff("sam", "Issuers", reader=lakeside.account))
    alone = {"action": "preview_sync", "_selected_action": [credly.account.pk]}
    assert client.post(ACCOUNTS, alone)["Location"].startswith(HISTORY)


def test_whoever_insists_is_not_answered_by_a_run_that_would_not(credly: World, admin_client: Client) -> None:
    shown = looked_at(admin_client, credly.account)
    sync_jobs.ask(credly.account, timezone.now(), applies=True)
    asked = admin_client.post(shown.replace("/change/", "/apply/"), {"forces": "yes"})["Location"]
    assert SyncRun.objects.get(pk=int(asked.split("/")[-3])).forces


def queries(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(page).status_code == 200
    return len(caught.captured_queries)


def test_the_pages_ask_as_much_for_ten_templates_as_for_three_hundred(credly: World, admin_client: Client) -> None:
    measured: list[Any] = []
    for size in (10, 300):
        clone(credly, size)
        for row in rows(credly).values():
            row["name"] += "!"
        asked = sync_jobs.ask(credly.account, timezone.now())
        pages = [f"{HISTORY}{asked.pk}/change/", HISTORY, f"{ACCOUNTS}{credly.account.pk}/change/"]
        waiting = queries(admin_client, pages[0])
        tasks.sync()
        measured.append([waiting, *(queries(admin_client, page) for page in pages)])
        sync_jobs.carry_on(sync_jobs.ask(credly.account, timezone.now(), applies=True).pk)
    assert measured[0] == measured[1]
    assert max(measured[0]) <= 20
