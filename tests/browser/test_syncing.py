"""Templates are pulled as the documentation of Open edX says, and looked at before, by somebody with a browser."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from credentials_badges import sandbox
from credentials_badges.badges import recomputing, sync_jobs, tasks
from credentials_badges.badges.models import BadgeTemplate, Learner, ProviderAccount, SyncRun
from credentials_badges.demo.stage import Stage
from tests.browser.test_every_page import AXE, GRAVE, Watched

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long word of nobody's"
PHONE = {"viewport": {"width": 390, "height": 844}}
CREDLY, ACCREDIBLE = "/admin/badges/credlyorganization/", "/admin/badges/accredibleapiconfig/"
LOOK = "Look at what a sync would change"
Picture = Callable[[Page, str], None]


@dataclass
class Theatre:
    """Both sandboxes, served on loopback; the second page of groups can be kept back."""

    stage: Stage = field(default_factory=Stage)
    released: threading.Event = field(default_factory=threading.Event)
    left: int = -1

    def hold_the_second_page(self) -> None:
        self.released.clear()
        self.left = 2

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self.left -= "/groups/search" in environ["PATH_INFO"]
        if self.left == 0:
            self.released.wait(30)
        return self.stage(environ, start_response)

    @property
    def groups(self) -> dict[int, dict[str, Any]]:
        """Lakeside's, to be changed by the test."""
        (issuer,) = self.stage.accredible.issuers.values()
        return issuer.groups


@pytest.fixture
def theatre(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Theatre]:
    monkeypatch.setattr(sync_jobs, "TELL_SECONDS", 0)
    built = Theatre()
    built.stage.cast()
    Learner.objects.create_superuser("root", password=PASSWORD)
    with sandbox.serve(built) as address:
        for told in built.stage.accounts:
            known = {name: told[name] for name in ("provider", "external_id", "name")}
            ProviderAccount.objects.create(**known, api_key=told["key"], base_url=address + told["path"])
        yield built


@pytest.fixture
def root(open_as: Callable[..., Page]) -> Watched:
    return Watched(open_as("root", PASSWORD))


def fits(page: Page) -> None:
    """What the page itself shows keeps nobody out, in light or in dark."""
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        page.evaluate("() => Promise.allSettled(document.getAnimations().map(each => each.finished))")
        options = {"resultTypes": ["violations"], "preload": False}
        found = AXE.run(page, context="#content", options=options).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in GRAVE] == []


def in_a_worker(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        work()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def run_action(page: Page, address: str, action: str) -> None:
    """Navigate there, select all rows, run the action."""
    page.goto(address)
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option(label=action)
    page.locator("button[name=index]").click()


@pytest.mark.parametrize(
    ("address", "action", "said"),
    [
        (CREDLY, "Sync organization badge templates", "created 60, changed 0, unchanged 0, archived 0."),
        (ACCREDIBLE, "Sync groups", "created 55, changed 0, unchanged 0, archived 0."),
    ],
)
def test_templates_are_synchronized_as_documented(
    theatre: Theatre, root: Watched, picture: Picture, address: str, action: str, said: str
) -> None:
    run_action(root.page, address, action)
    expect(root.page.locator(".messagelist")).to_contain_text(said)
    assert not BadgeTemplate.objects.filter(is_active=True).exists()
    root.page.get_by_role("link", name="Its page in the history").click()
    expect(root.page.locator(".sync-pill")).to_have_text("Applied")
    fits(root.page)
    assert root.complaints == []


def test_a_sync_is_watched_looked_at_and_applied(theatre: Theatre, root: Watched, picture: Picture) -> None:
    page = root.page
    run_action(page, ACCREDIBLE, "Sync groups")
    first, second, third = list(theatre.groups)[:3]
    theatre.groups[first].update(
        name="Harbour pilot", course_name="Harbour pilot", course_description="Knows every rock of this coast."
    )
    theatre.groups[10_000] = {**theatre.groups[second], "id": 10_000, "course_name": "Lighthouse keeper"}
    del theatre.groups[third]

    page.goto(ACCREDIBLE)
    page.get_by_role("link", name="Lakeside Academy").first.click()
    expect(page.get_by_role("heading", name="Syncs of its templates")).to_be_visible()
    picture(page, "sync-01-account")
    fits(root.page)
    page.get_by_role("button", name=LOOK).click()
    expect(page.locator(".sync-pill")).to_have_text("Waiting for a worker")
    picture(page, "sync-02-waiting")
    theatre.hold_the_second_page()
    worker = in_a_worker(tasks.sync)
    expect(page.locator("#watched")).to_contain_text(re.compile(r"[1-9]\d* templates seen at the provider so far"))
    expect(page.locator("#watched progress")).to_have_attribute("max", "55")
    picture(page, "sync-03-listing")
    theatre.released.set()
    expect(page.locator(".sync-pill")).to_have_text("Ready to be looked at")
    expect(page.get_by_role("status")).to_have_text("Ready to be looked at")
    worker.join(30)
    expect(page.locator("ins", has_text="Harbour pilot").first).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Lighthouse keeper"))).to_be_visible()
    fits(root.page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        picture(page, f"sync-04-diff-{scheme}")
    assert not BadgeTemplate.objects.filter(name="Harbour pilot").exists()

    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".sync-pill")).to_have_text("Waiting for a worker")
    in_a_worker(tasks.sync).join(30)
    expect(page.locator(".sync-pill")).to_have_text("Applied")
    assert BadgeTemplate.objects.filter(name__in=("Harbour pilot", "Lighthouse keeper")).count() == 2
    page.emulate_media(color_scheme="light")
    page.get_by_role("link", name="All syncs of this account").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    picture(page, "sync-05-history")
    fits(root.page)
    assert root.complaints == []


def test_states_that_people_meet_on_a_phone(theatre: Theatre, open_as: Callable[..., Page], picture: Picture) -> None:
    watched = Watched(open_as("root", PASSWORD, **PHONE))
    page = watched.page
    ProviderAccount.objects.filter(provider="accredible").update(api_key="stale")
    account = ProviderAccount.objects.get(provider="accredible")
    page.goto(f"{ACCREDIBLE}{account.pk}/change/")
    expect(page.get_by_text("have not been pulled yet")).to_be_visible()
    picture(page, "sync-06-account-phone")
    page.get_by_role("button", name=LOOK).click()
    in_a_worker(tasks.sync).join(30)
    expect(page.get_by_role("link", name="Mend the account")).to_be_visible()
    expect(page.locator(".sync-pill")).to_have_text("Failed")
    picture(page, "sync-07-failed-phone")
    fits(page)
    ProviderAccount.objects.filter(provider="accredible").update(api_key="demo-accredible-key")
    page.get_by_role("button", name="Try again").click()
    in_a_worker(tasks.sync).join(30)
    expect(page.get_by_role("button", name="Apply")).to_be_visible()
    picture(page, "sync-08-first-diff-phone")
    fits(page)

    sync_jobs.carry_on(sync_jobs.ask(account, SyncRun.objects.latest("pk").started_at, applies=True).pk)
    for gone in list(theatre.groups)[:30]:
        del theatre.groups[gone]
    sync_jobs.carry_on(sync_jobs.ask(account, SyncRun.objects.latest("pk").started_at).pk)
    page.goto(f"/admin/badges/syncrun/{SyncRun.objects.latest('pk').pk}/change/")
    page.get_by_role("button", name="Apply").click()  # The browser asks for the tick first.
    expect(page.get_by_text("30 of the 55 templates would be archived")).to_be_visible()
    picture(page, "sync-09-guard-phone")
    page.get_by_label("They are really gone").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".sync-pill")).to_have_text("Waiting for a worker")
    in_a_worker(tasks.sync).join(30)
    expect(page.locator(".sync-pill")).to_have_text("Applied")
    assert BadgeTemplate.objects.filter(state="archived").count() == 30

    theatre.groups.clear()
    BadgeTemplate.objects.all().delete()
    sync_jobs.carry_on(sync_jobs.ask(account, SyncRun.objects.latest("pk").started_at).pk)
    page.goto(f"/admin/badges/syncrun/{SyncRun.objects.latest('pk').pk}/change/")
    expect(page.get_by_text("shows no templates in this account")).to_be_visible()
    picture(page, "sync-10-empty-phone")
    fits(page)
    assert watched.complaints == []


def test_without_a_script_the_page_loads_itself_anew(theatre: Theatre, open_as: Callable[..., Page]) -> None:
    page, before = open_as("root", PASSWORD, java_script_enabled=False), SyncRun.objects.count()
    account = ProviderAccount.objects.get(provider="accredible")
    page.goto(f"{ACCREDIBLE}{account.pk}/change/")
    page.get_by_role("button", name=LOOK).click()
    expect(page.get_by_role("link", name="Look again")).to_be_visible()
    in_a_worker(tasks.sync).join(30)
    expect(page.locator(".sync-pill")).to_have_text("Ready to be looked at")
    assert SyncRun.objects.count() == before + 1
    assert not BadgeTemplate.objects.filter(account=account).exists()  # Looking at it applies nothing.


def test_a_recomputation_is_watched_too(theatre: Theatre, root: Watched, picture: Picture) -> None:
    run_action(root.page, ACCREDIBLE, "Sync groups")
    expect(root.page.locator(".messagelist")).to_contain_text("created 55")
    template = BadgeTemplate.objects.first()
    assert template
    job = recomputing.ask([template], SyncRun.objects.latest("pk").started_at)
    root.page.goto(f"/admin/badges/recomputation/{job.pk}/change/")
    expect(root.page.get_by_role("link", name="Look again")).to_be_visible()
    in_a_worker(tasks.recompute).join(30)
    expect(root.page.get_by_role("button", name="Award what is earned")).to_be_visible()
    expect(root.page.get_by_role("status")).to_have_text("Finished")
    picture(root.page, "sync-11-recomputation")
    fits(root.page)
    assert root.complaints == []
