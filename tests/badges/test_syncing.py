"""Templates are pulled: each account for itself, nothing deleted, nothing written that did not change."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges import conf, syncing
from credentials_badges.badges.models import BadgeProgress, BadgeTemplate, ProviderAccount, RulesVersion, SyncRun
from credentials_badges.contract.errors import Retriable
from providers.accredible.sandbox import AccredibleSandbox
from providers.credly.sandbox import CredlySandbox
from providers.credly.sandbox_rows import Row
from tests.badges.world import ACCREDIBLE_URL, BASE_URL, World, passing, penalty, requirement, send, world
from tests.in_memory import in_memory


def rows(credly: World) -> dict[str, Row]:
    """What Credly holds, to be changed by the test."""
    return credly.sandbox.organizations[credly.organization].templates


def counts(plan: syncing.Plan) -> tuple[int, int, int, int]:
    """New, changed, unchanged, gone."""
    return len(plan.new), len(plan.changed), plan.unchanged, len(plan.gone)


def held() -> list[dict]:
    """All that is stored about templates and their rules, to see whether any of it changes."""
    return [
        *BadgeTemplate.objects.order_by("pk").values(),
        *BadgeTemplate.objects.order_by("pk", "requirements__rules").values("requirements", "requirements__rules"),
        *BadgeTemplate.objects.order_by("pk", "penalties__rules").values("penalties", "penalties__rules"),
    ]


def writes(work: Callable[[], object]) -> list[str]:
    """The statements of `work` that write templates."""
    with CaptureQueriesContext(connection) as caught:
        work()
    statements = [query["sql"] for query in caught.captured_queries]
    return [sql for sql in statements if "badgetemplate" in sql and not sql.startswith("SELECT")]


@pytest.mark.django_db
def test_templates_arrive_inactive_from_all_pages() -> None:
    with world(120) as credly:
        assert {template.external_id for template in credly.templates} == set(rows(credly))
        assert not any(template.is_active for template in credly.templates)
    run = SyncRun.objects.get()
    assert (run.created, run.changed, run.unchanged, run.archived, run.error) == (120, 0, 0, 0, "")
    assert run.finished_at >= run.started_at


def test_a_changed_template_takes_the_change_and_stays_active(credly: World) -> None:
    template = credly.configure(requirements=[requirement("one", "OneX")])
    rows(credly)[template.external_id].update(name="Renamed", description="New words")
    before = RulesVersion.current()
    assert counts(syncing.pull(credly.account)) == (0, 1, 2, 0)
    template.refresh_from_db()
    assert (template.name, template.description, template.is_active) == ("Renamed", "New words", True)
    assert RulesVersion.current() > before


def test_an_unchanged_pull_writes_no_template(credly: World) -> None:
    before, version = held(), RulesVersion.current()
    assert writes(lambda: syncing.pull(credly.account)) == []
    assert (held(), RulesVersion.current()) == (before, version)
    assert SyncRun.objects.first().unchanged == 3


def test_issuing_a_badge_does_not_look_like_a_change(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(passing("ada", "OneX"))
    credly.deliver(1)
    assert counts(syncing.pull(credly.account)) == (0, 0, 3, 0)


def test_a_template_that_is_gone_is_archived_with_its_rules_and_progress_kept(credly: World) -> None:
    template = credly.configure(
        requirements=[requirement("one", "OneX"), requirement("two", "TwoX")], penalties=[penalty("OneX", "one")]
    )
    send(passing("ada", "OneX"))
    del rows(credly)[template.external_id]
    assert counts(syncing.pull(credly.account)) == (0, 0, 2, 1)
    template.refresh_from_db()
    assert (template.state, template.is_active) == ("archived", False)
    assert (template.requirements.count(), template.penalties.count()) == (2, 1)
    assert BadgeProgress.objects.get().groups_done == 1
    send(passing("ada", "TwoX"))
    assert credly.badges() == []
    assert counts(syncing.pull(credly.account)) == (0, 0, 2, 0)


def test_a_template_that_comes_back_is_known_again_but_stays_inactive(credly: World) -> None:
    template = credly.configure(requirements=[requirement("one", "OneX")])
    row = rows(credly).pop(template.external_id)
    syncing.pull(credly.account)
    rows(credly)[template.external_id] = row
    assert counts(syncing.pull(credly.account)) == (0, 1, 2, 0)
    back = BadgeTemplate.objects.get(external_id=template.external_id)
    assert (back.pk, back.state, back.is_active) == (template.pk, "active", False)
    assert back.requirements.count() == 1


@pytest.mark.parametrize("remaining", [0, 1, 3])
def test_a_pull_of_one_account_leaves_all_others_alone(credly: World, remaining: int) -> None:
    lakeside = credly.second_account()
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    for external_id in list(rows(lakeside))[remaining:]:
        del rows(lakeside)[external_id]
    ours = BadgeTemplate.objects.filter(account=credly.account)
    before = list(ours.values())
    assert counts(syncing.pull(lakeside.account)) == (0, 0, remaining, 3 - remaining)
    assert list(ours.values()) == before
    assert credly.templates[0].requirements.get().rules.count() == 2
    assert credly.templates[0].penalties.get().rules.count() == 2


@pytest.mark.django_db
def test_a_group_whose_id_equals_a_credly_row_s_id_disturbs_nothing() -> None:
    credly_sandbox, accredible = CredlySandbox(), AccredibleSandbox()
    with in_memory(credly_sandbox, BASE_URL, {ACCREDIBLE_URL: accredible}):
        credly = World(credly_sandbox, 3)
        template = credly.configure(requirements=[requirement("one", "OneX")])
        BadgeTemplate.objects.filter(pk=template.pk).update(external_id=str(template.pk))
        row = rows(credly).pop(template.external_id)
        rows(credly)[str(template.pk)] = {**row, "id": str(template.pk)}
        syncing.pull(credly.account)
        before = held()

        issuer = accredible.add_issuer("Groups", "groups-key", 1, first_group_id=template.pk)
        account = ProviderAccount.objects.create(provider="accredible", external_id=issuer, api_key="groups-key")
        assert counts(syncing.pull(account)) == (1, 0, 0, 0)
        group = BadgeTemplate.objects.get(account=account)
        assert (group.external_id, group.is_active) == (str(template.pk), False)
        accredible.issuers[issuer].groups.clear()
        assert counts(syncing.pull(account)) == (0, 0, 0, 1)
        group.delete()
        assert held() == before
        assert counts(syncing.pull(credly.account)) == (0, 0, 3, 0)


def without(credly: World, gone: int) -> None:
    """Let that many templates disappear at Credly."""
    for external_id in list(rows(credly))[:gone]:
        del rows(credly)[external_id]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("templates", "gone", "guarded"), [(10, 3, False), (10, 4, True), (10, 10, True), (9, 9, False), (60, 19, True)]
)
def test_a_pull_that_would_archive_suspiciously_much_has_to_be_forced(templates: int, gone: int, guarded: bool) -> None:
    with world(templates) as credly:
        without(credly, gone)
        if guarded:
            before = held()
            with pytest.raises(syncing.PlanTooLarge, match=f"{gone} of its {templates} templates.*--force"):
                syncing.pull(credly.account)
            assert held() == before
            assert "--force" in SyncRun.objects.first().error
        assert counts(syncing.pull(credly.account, force=guarded)) == (0, 0, templates - gone, gone)
    assert BadgeTemplate.objects.filter(state="archived").count() == gone


@pytest.mark.django_db
def test_what_was_archived_before_does_not_count_against_the_guard() -> None:
    with world(12) as credly:
        without(credly, 3)
        syncing.pull(credly.account)
        without(credly, 3)
        assert counts(syncing.pull(credly.account)) == (0, 0, 6, 3)
    assert conf.ARCHIVE_GUARD_LEAST == 10


def test_a_dry_run_says_everything_and_writes_nothing(credly: World) -> None:
    lost, changed, _ = rows(credly)
    del rows(credly)[lost]
    rows(credly)[changed]["name"] = "Renamed"
    before, version, runs = held(), RulesVersion.current(), SyncRun.objects.count()
    assert counts(syncing.pull(credly.account, dry_run=True)) == (0, 1, 1, 1)
    assert (held(), RulesVersion.current(), SyncRun.objects.count()) == (before, version, runs)


def test_a_row_without_an_id_is_named_and_nothing_is_archived_then(credly: World) -> None:
    broken, gone, renamed = rows(credly)
    rows(credly)[broken]["id"] = None
    del rows(credly)[gone]
    rows(credly)[renamed]["name"] = "Renamed"
    plan = syncing.pull(credly.account)
    assert counts(plan) == (0, 1, 0, 0)
    assert [(row.where, row.why) for row in plan.unreadable] == [("page 1, row 1", "it has no id")]
    assert SyncRun.objects.first().error == "page 1, row 1: it has no id"
    assert BadgeTemplate.objects.filter(state="active").count() == 3
    assert BadgeTemplate.objects.filter(name="Renamed").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["unavailable", "throttled", "html"])
def test_a_provider_that_fails_on_page_two_changes_nothing_and_is_recorded(fault: str) -> None:
    with world(60) as credly:
        without(credly, 5)
        before = held()
        credly.faults.planned.extend(["fine", fault])
        with pytest.raises(Retriable) as failure:
            syncing.pull(credly.account)
        assert held() == before
    run = SyncRun.objects.first()
    assert (run.error, run.archived) == (str(failure.value), 0)
    assert run.finished_at is not None


def test_each_row_is_told_as_it_arrives(credly: World) -> None:
    told: list[None] = []
    syncing.pull(credly.account, on_row=lambda: told.append(None))
    assert len(told) == 3


def clone(credly: World, size: int) -> None:
    """Let Credly hold that many templates more."""
    row = next(iter(rows(credly).values()))
    rows(credly).update({f"{size}-{number}": {**row, "id": f"{size}-{number}"} for number in range(size)})


def test_the_statements_do_not_grow_with_the_templates(credly: World) -> None:
    def statements() -> tuple[int, int]:
        """Those that read, and those that write: these come in pieces, as SQLite takes but 999 values in each.

        Without those that count the calls, of which there is one for each page.
        """
        with CaptureQueriesContext(connection) as caught:
            syncing.pull(credly.account)
        kinds = [query["sql"].split()[0] for query in caught.captured_queries if "callcount" not in query["sql"]]
        return kinds.count("SELECT"), kinds.count("INSERT") + kinds.count("UPDATE")

    measured = []
    for size in (60, 600):
        clone(credly, size)
        created, unchanged = statements(), statements()
        for row in rows(credly).values():
            row["name"] = f"Renamed {size}"
        measured.append((created, unchanged, statements()))
    (created, unchanged, changed), (created_10, unchanged_10, changed_10) = measured
    assert unchanged == unchanged_10
    assert created_10[0] <= created[0]
    assert changed_10[0] <= changed[0]
    assert created_10[1] <= 10 * created[1]
    assert changed_10[1] <= 10 * changed[1]
    assert changed_10[1] < 20
