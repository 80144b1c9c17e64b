"""``configure_badges`` and ``export_rules``: the file says what is to be, all of it or none."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges import configuring
from credentials_badges.badges.models import (
    BadgePenalty,
    BadgeProgress,
    BadgeRequirement,
    BadgeTemplate,
    DataRule,
    Fulfillment,
    PenaltyDataRule,
    RulesVersion,
)
from tests.badges.world import PASSING, World, course_rule, passing, penalty, requirement, send


def held() -> list[list[dict[str, Any]]]:
    """All that a rules file can change."""
    models = BadgeTemplate, BadgeRequirement, DataRule, BadgePenalty, PenaltyDataRule, RulesVersion
    return [list(model.objects.order_by("pk").values()) for model in models]


def configure(tmp_path: Path, *templates: dict[str, Any] | str) -> list[str]:
    """What the command says about a file of these templates, or of that text."""
    file = tmp_path / "rules.yaml"
    text = templates[0] if isinstance(templates[0], str) else json.dumps({"templates": templates}, indent=1)
    file.write_text(text, encoding="utf-8")
    out = io.StringIO()
    call_command("configure_badges", str(file), stdout=out)
    return out.getvalue().splitlines()


def export() -> str:
    """The file that ``export_rules`` writes."""
    out = io.StringIO()
    call_command("export_rules", stdout=out)
    return out.getvalue()


def spec(credly: World, number: int = 0, **said: Any) -> dict[str, Any]:
    """One template of a file."""
    return {"provider": "credly", "external_id": credly.templates[number].external_id, **said}


def test_each_change_is_told_and_a_second_run_changes_nothing(credly: World, tmp_path: Path) -> None:
    template = credly.templates[0]
    said = spec(
        credly,
        active=True,
        award="once",
        requirements=[requirement("one", "OneX", "A"), requirement("two", "TwoX")],
        penalties=[penalty("OneX", "two", "one")],
    )
    assert configure(tmp_path, said) == [
        f"{template} (credly): requirement one added",
        f"{template} (credly): requirement two added",
        f"{template} (credly): penalties set (1)",
        f"{template} (credly): award is once",
        f"{template} (credly): activated",
        "1 templates in the file, 5 changes.",
    ]
    before = held()
    assert configure(tmp_path, said) == ["1 templates in the file, 0 changes."]
    assert held() == before


def test_what_is_exported_configures_to_the_same(credly: World, tmp_path: Path) -> None:
    two = [requirement("one", "OneX", "A"), {**requirement("åsa 🙂", "TwoX"), "description": "First.\n\nThen: that."}]
    credly.configure(0, award="once", requirements=two, penalties=[penalty("OneX", "åsa 🙂", "one")])
    credly.configure(1, requirements=[{"id": "true", "event_type": PASSING}])
    BadgeTemplate.objects.filter(pk=credly.templates[2].pk).update(name="N: \"#'1")
    credly.configure(2, requirements=[requirement("one", "OneX")], active=False)
    before, file = held(), export()
    assert configure(tmp_path, file) == ["3 templates in the file, 0 changes."]
    assert held() == before
    BadgeRequirement.objects.all().delete()
    BadgePenalty.objects.all().delete()
    BadgeTemplate.objects.update(is_active=False, award="again_after_revoke")
    configure(tmp_path, file)
    assert export() == file


def test_what_the_file_does_not_say_stays(credly: World, tmp_path: Path) -> None:
    credly.configure(award="once", requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    before = export()
    assert configure(tmp_path, spec(credly)) == ["1 templates in the file, 0 changes."]
    assert export() == before


def test_an_empty_list_removes(credly: World, tmp_path: Path) -> None:
    template = credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    assert configure(tmp_path, spec(credly, active=False, requirements=[], penalties=[])) == [
        f"{template} (credly): requirement one removed",
        f"{template} (credly): penalties set (0)",
        f"{template} (credly): deactivated",
        "1 templates in the file, 3 changes.",
    ]
    assert (template.requirements.count(), template.penalties.count()) == (0, 0)


@pytest.mark.parametrize("account", ["Harbour Point", "id"])
def test_a_template_may_be_found_by_account_and_name(credly: World, tmp_path: Path, account: str) -> None:
    lakeside = credly.second_account()
    name = credly.templates[1].name
    assert lakeside.templates[1].name == name
    account = credly.organization if account == "id" else account
    said = {"provider": "credly", "account": account, "name": name, "active": True}
    configure(tmp_path, {**said, "requirements": [requirement("one", "OneX")]})
    assert BadgeTemplate.objects.get(is_active=True) == credly.templates[1]


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown template": ({"provider": "credly", "external_id": "nowhere"}, "no credly template with external_id"),
    "an unknown name": ({"provider": "credly", "name": "Nowhere"}, "no credly template named 'Nowhere'"),
    "an unknown provider": ({"provider": "nobody", "name": "Nowhere"}, "no nobody template"),
    "an unknown account": ({"provider": "credly", "account": "nowhere", "name": "N"}, "no credly account 'nowhere'"),
    "an ambiguous name": ({"provider": "credly", "name": "TWIN"}, "several credly templates are named 'TWIN'"),
    "active without requirement": ({"active": True}, "cannot be active: it has no requirement"),
    "a requirement that is not there": ({"penalties": [penalty("X", "none")]}, "names the requirement 'none'"),
    "archived, yet active": ({"archived": True}, "is archived at the provider"),
    "twice": ({"again": True}, "stands in line"),
}


@pytest.mark.parametrize(("said", "why"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_names_its_line_and_nothing_of_the_file_is_done(
    credly: World, tmp_path: Path, said: dict[str, Any], why: str
) -> None:
    credly.configure(2, requirements=[requirement("kept", "OneX")])
    BadgeTemplate.objects.exclude(pk=credly.templates[0].pk).update(name="TWIN")
    good = spec(credly, 0, active=True, requirements=[requirement("new", "NewX")])
    if said.get("archived"):
        BadgeTemplate.objects.filter(pk=credly.templates[1].pk).update(state="archived")
        said = spec(credly, 1, active=True, requirements=[requirement("new", "NewX")])
    wrong = good if said.get("again") else said if "provider" in said else spec(credly, 1, **said)
    before = held()
    with pytest.raises(CommandError, match=why) as refusal:
        configure(tmp_path, good, wrong)
    line = json.dumps({"templates": [good]}, indent=1).count("\n")
    assert f"rules.yaml, line {line}: " in str(refusal.value)
    assert str(refusal.value).endswith("Nothing was changed.")
    assert held() == before


def test_a_file_that_cannot_be_read_is_one_sentence(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="missing cannot be read"):
        call_command("configure_badges", str(tmp_path / "missing"))
    (tmp_path / "latin").write_bytes(b"templates: \xff")
    with pytest.raises(CommandError, match="latin cannot be read"):
        call_command("configure_badges", str(tmp_path / "latin"))


def test_progress_survives_a_change_of_a_requirement_s_rules(credly: World, tmp_path: Path) -> None:
    credly.configure(requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
    send(passing("ada", "OneX"))
    before = BadgeRequirement.objects.get(key="one").pk
    configure(tmp_path, spec(credly, requirements=[requirement("two", "TwoX"), requirement("one", "AnotherX")]))
    assert BadgeRequirement.objects.get(key="one").pk == before
    assert Fulfillment.objects.get().requirement_id == before
    assert BadgeProgress.objects.get().groups_done == 1
    send(passing("ada", "TwoX"))
    assert [badge.learner.username for badge in credly.badges()] == ["ada"]


def test_an_event_of_the_old_rules_no_longer_counts(credly: World, tmp_path: Path) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(passing("ada", "OtherX"))
    configure(tmp_path, spec(credly, requirements=[{**requirement("one", "NewX"), "description": "New."}]))
    send(passing("ada", "OneX"))
    assert credly.badges() == []
    send(passing("ada", "NewX"))
    assert len(credly.badges()) == 1


def test_the_penalties_of_the_file_take_the_place_of_all_before(credly: World, tmp_path: Path) -> None:
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    new = {"event_type": "org.example.left", "requirements": ["one"], "rules": course_rule("OneX")[1:]}
    configure(tmp_path, spec(credly, penalties=[new]))
    assert [(held.event_type, held.rules.count()) for held in BadgePenalty.objects.all()] == [("org.example.left", 1)]


def test_an_export_takes_as_many_statements_for_many_templates(credly: World) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            list(configuring.export())
        return len(caught)

    credly.configure(0, requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    few = statements()
    for number in (1, 2):
        credly.configure(number, requirements=[requirement("a", "A"), requirement("b", "B")])
    assert statements() == few
