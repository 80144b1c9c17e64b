"""Whoever changes rules under learners on the way is told so, wherever the change is made."""

import pytest
from django.test import Client

from credentials_badges.badges.models import BadgeRequirement, BadgeTemplate
from tests.badges.test_admin_data_rules import as_sent, submit, warnings
from tests.badges.test_admin_rules import REQUIREMENTS, row_of, save
from tests.badges.world import PASSING, World, passing, requirement, send

WARNING = "have changed while learners are on the way: 1."


@pytest.fixture
def begun(credly: World) -> BadgeTemplate:
    """Ada has done one of two things."""
    template = credly.configure(requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
    send(passing("ada", "OneX"))
    return template


def test_a_change_under_them_is_told_with_their_number(begun: BadgeTemplate, admin_client: Client) -> None:
    rows = [row_of(each) for each in begun.requirements.all()]
    assert warnings(save(admin_client, begun, is_active=True, requirements=rows, limit=5)) == []
    changed = [{**rows[0], "count": 2}, rows[1]]
    (warning,) = warnings(save(admin_client, begun, is_active=True, requirements=changed))
    assert WARNING in warning
    assert "dry run" in warning
    admin_client.get("/admin/")  # Where they are read, and then forgotten.
    assert warnings(save(admin_client, begun, is_active=False, requirements=rows)) == []


def test_nobody_on_the_way_needs_no_warning(credly: World, admin_client: Client) -> None:
    template = credly.configure(requirements=[requirement("one", "OneX")])
    row = row_of(template.requirements.get(), count=2)
    assert warnings(save(admin_client, template, is_active=True, requirements=[row])) == []


def test_groups_and_penalties_are_rules_too(begun: BadgeTemplate, admin_client: Client) -> None:
    rows = [row_of(each, group="A") for each in begun.requirements.all()]
    BadgeRequirement.objects.update(group="A")
    groups = [{"name": "A", "needed": 2}]
    answer = warnings(save(admin_client, begun, is_active=True, requirements=rows, groups=groups))
    assert any(WARNING in text for text in answer)
    admin_client.get("/admin/")  # Where they are read, and then forgotten.
    group = begun.groups.get()
    kept = [{"id": group.pk, "template": begun.pk, "name": "A", "needed": 2}]
    undo = [{"event_type": PASSING, "requirements": [rows[0]["id"]]}]
    answer = warnings(save(admin_client, begun, is_active=True, requirements=rows, groups=kept, penalties=undo))
    assert any(WARNING in text for text in answer)


def test_deleting_one_on_its_own_page_is_a_change(begun: BadgeTemplate, admin_client: Client) -> None:
    first, second = begun.requirements.all()
    answer = warnings(admin_client.post(f"{REQUIREMENTS}{first.pk}/delete/", {"post": "yes"}))
    assert any(WARNING in text for text in answer)
    admin_client.get("/admin/")  # Where they are read, and then forgotten.
    data = {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"}
    answer = warnings(admin_client.post(REQUIREMENTS, data))
    assert any(WARNING in text for text in answer)
    assert any("is active, but nobody can earn it: it has no requirement." in text for text in answer)


def test_so_is_a_data_rule_on_the_own_page(begun: BadgeTemplate, admin_client: Client) -> None:
    first = begun.requirements.all()[0]
    rows = [as_sent(each) for each in first.rules.all()]
    assert warnings(submit(admin_client, first, rows, description=first.description)) == []
    (warning,) = warnings(submit(admin_client, first, [rows[0], {**rows[1], "value": "course-v1:Harbour+TwoX+*"}]))
    assert WARNING in warning
