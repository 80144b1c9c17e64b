"""``add_account``, ``sync_templates`` and its doors, and ``drain``."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from credentials_badges.badges import events
from credentials_badges.badges.models import BadgeTemplate, Issuance, LearningEvent, ProviderAccount, SyncRun
from providers.accredible.sandbox import AccredibleSandbox
from tests.badges.world import ACCREDIBLE_URL, BASE_URL, KEY, World, make_due, passing, requirement
from tests.in_memory import in_memory


def run(command: str, *arguments: str, **options: Any) -> str:
    """What the command writes."""
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


def account() -> ProviderAccount:
    """The only account, as it stands in the database."""
    return ProviderAccount.objects.get()


@pytest.fixture
def bare(credly: World) -> World:
    """The organization exists at Credly, and is not known here yet."""
    BadgeTemplate.objects.all().delete()
    ProviderAccount.objects.all().delete()
    return credly


def test_a_new_account_takes_over_the_provider_s_name(bare: World) -> None:
    said = run("add_account", "credly", "--external-id", bare.organization, "--api-key", f" {KEY} ")
    assert said == f"Added Harbour Point (credly), external id {bare.organization}.\n"
    assert (account().name, account().api_key, account().paused_reason) == ("Harbour Point", KEY, "")


def test_a_name_of_our_own_wins(bare: World) -> None:
    run("add_account", "credly", "--external-id", bare.organization, "--api-key", KEY, "--name", "Ours")
    assert account().name == "Ours"


def test_the_id_is_taken_over_where_the_key_tells_it(bare: World) -> None:
    run("add_account", "credly", "--api-key", KEY)
    assert account().external_id == bare.organization


def test_an_accredible_account_is_known_by_its_key_alone(db: None) -> None:
    sandbox = AccredibleSandbox()
    issuer = sandbox.add_issuer("Lakeside", "lakeside-key", 1)
    with in_memory(sandbox, ACCREDIBLE_URL):
        run("add_account", "accredible", "--api-key", "lakeside-key")
    assert (account().external_id, account().name) == (str(issuer), "Lakeside")


def test_a_wrong_key_saves_nothing_and_is_not_printed(bare: World) -> None:
    with pytest.raises(CommandError, match="The account was not saved: Credly answered 401") as refusal:
        run("add_account", "credly", "--external-id", bare.organization, "--api-key", "wrong-key-1234")
    assert "wrong-key-1234" not in str(refusal.value)
    assert not ProviderAccount.objects.exists()


def test_a_key_that_no_header_can_carry_saves_nothing_and_is_not_printed(db: None) -> None:
    with pytest.raises(CommandError, match="The account was not saved: the key") as refusal:
        run("add_account", "accredible", "--api-key", "ключ\n1234")
    assert "1234" not in str(refusal.value)


def test_a_wrong_key_leaves_a_known_account_as_it_was(credly: World) -> None:
    with pytest.raises(CommandError):
        run("add_account", "credly", "--external-id", credly.organization, "--api-key", "wrong-key-1234")
    assert account().api_key == KEY


def test_the_id_of_another_account_is_refused(db: None) -> None:
    sandbox = AccredibleSandbox()
    sandbox.add_issuer("Lakeside", "lakeside-key", 1)
    with in_memory(sandbox, ACCREDIBLE_URL), pytest.raises(CommandError, match="belongs to the account"):
        run("add_account", "accredible", "--external-id", "7", "--api-key", "lakeside-key")


def test_an_unreachable_provider_saves_nothing(bare: World) -> None:
    bare.faults.planned.append("unavailable")
    with pytest.raises(CommandError, match="The account was not saved: Credly answered 50"):
        run("add_account", "credly", "--external-id", bare.organization, "--api-key", KEY)
    assert not ProviderAccount.objects.exists()


def test_a_key_may_stay_in_the_environment(bare: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARBOUR_KEY", KEY)
    run("add_account", "credly", "--external-id", bare.organization, "--api-key", "env:HARBOUR_KEY")
    assert account().api_key == "env:HARBOUR_KEY"
    assert account().as_data().api_key == KEY


def test_a_key_may_stay_in_a_file_that_is_read_each_time(
    bare: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HARBOUR_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(CommandError, match="HARBOUR_KEY_FILE"):
        run("add_account", "credly", "--external-id", bare.organization, "--api-key", "env:HARBOUR_KEY")
    (tmp_path / "key").write_text(f"{KEY}\n")
    run("add_account", "credly", "--external-id", bare.organization, "--api-key", "env:HARBOUR_KEY")
    assert account().as_data().api_key == KEY


def test_a_key_in_an_unset_variable_is_told_by_its_name(bare: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARBOUR_KEY", raising=False)
    with pytest.raises(CommandError, match="environment variable HARBOUR_KEY, which is unset"):
        run("add_account", "credly", "--external-id", bare.organization, "--api-key", "env:HARBOUR_KEY")
    assert not ProviderAccount.objects.exists()


def test_a_new_key_lifts_the_pause(credly: World) -> None:
    ProviderAccount.objects.update(api_key="expired", paused_reason="Credly answered 401")
    said = run("add_account", "credly", "--external-id", credly.organization, "--api-key", KEY)
    assert said.startswith("Updated ")
    assert (account().pk, account().api_key, account().paused_reason) == (credly.account.pk, KEY, "")


@pytest.mark.parametrize("arguments", [["credly"], ["credly", "--api-key", " "]])
def test_a_provider_out_there_needs_a_key(db: None, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="Credly needs --api-key") as refusal:
        run("add_account", *arguments)
    assert refusal.value.returncode == 2


def test_an_unknown_provider_is_refused_with_those_that_are_known(db: None) -> None:
    with pytest.raises(CommandError, match=r"accredible.*badgekit.*credly"):
        run("add_account", "nobody", "--api-key", "key")


def test_a_pull_counts_for_each_account(credly: World) -> None:
    lakeside = credly.second_account()
    assert run("sync_templates").splitlines() == [
        f"{account}: created 0, changed 0, unchanged 3, archived 0" for account in ProviderAccount.objects.all()
    ]
    BadgeTemplate.objects.filter(account=lakeside.account).delete()
    said = run("sync_templates", "--account", lakeside.organization, "--dry-run")
    assert said == "Lakeside (credly): would be created 3, changed 0, unchanged 0, archived 0\n"
    assert not BadgeTemplate.objects.filter(account=lakeside.account).exists()


def test_one_failing_account_does_not_stop_the_others_and_fails_the_command(credly: World) -> None:
    first, second = ProviderAccount.objects.filter(pk__in=[credly.account.pk, credly.second_account().account.pk])
    ProviderAccount.objects.filter(pk=first.pk).update(api_key="revoked-key")
    SyncRun.objects.all().delete()
    err = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2 accounts could not be pulled") as failure:
        run("sync_templates", stderr=err)
    assert failure.value.returncode == 1
    assert err.getvalue().startswith(f"{first}: Credly answered 401")
    assert "revoked-key" not in err.getvalue()
    assert [(run_.account, bool(run_.error)) for run_ in SyncRun.objects.order_by("pk")] == [
        (first, True),
        (second, False),
    ]


@pytest.mark.parametrize("arguments", [["--account", "nobody"], ["--provider", "badgekit"]])
def test_a_pull_of_no_account_fails(credly: World, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="no such account"):
        run("sync_templates", *arguments)


def test_the_names_that_open_edx_operators_know_pull_that_provider_only(credly: World) -> None:
    sandbox = AccredibleSandbox()
    issuer = sandbox.add_issuer("Groups", "groups-key", 2)
    ProviderAccount.objects.create(provider="accredible", external_id=issuer, name="Groups", api_key="groups-key")
    with in_memory(credly.sandbox, BASE_URL, {ACCREDIBLE_URL: sandbox}):
        everything = run("sync_organization_badge_templates")
        one = run("sync_organization_badge_templates", "--organization_id", credly.organization)
        groups = run("sync_accredible_groups", "--api_config_id", str(issuer))
    assert everything == one == "Harbour Point (credly): created 0, changed 0, unchanged 3, archived 0\n"
    assert groups == "Groups (accredible): created 2, changed 0, unchanged 0, archived 0\n"


def test_drain_does_all_that_waits(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    events.accept([events.read(passing(name, "OneX")) for name in ("ada", "ben")])
    assert run("drain") == "2 events processed, 2 tries at delivering\n"
    assert len(credly.held()) == 2
    assert not LearningEvent.objects.filter(processed_at=None).exists()
    assert run("drain") == ""


def test_drain_leaves_what_is_not_due_and_takes_it_when_it_is(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    events.accept([events.read(passing("ada", "OneX"))])
    credly.faults.planned.append("unavailable")
    run("drain")
    assert Issuance.objects.get().status == Issuance.Status.PENDING
    assert run("drain") == ""
    make_due()
    assert run("drain") == "0 events processed, 1 tries at delivering\n"
    assert Issuance.objects.get().status == Issuance.Status.DELIVERED
