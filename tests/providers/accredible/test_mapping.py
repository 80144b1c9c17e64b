"""Accredible's rows, read from dictionaries alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from credentials_badges.contract.data import IssueOrder, Receipt, Recipient, TemplateData, UnreadableRow
from credentials_badges.contract.errors import Rejected
from credentials_badges.contract.states import BadgeState, TemplateState
from providers.accredible import mapping

TODAY = date(2026, 10, 3)
CREDENTIAL: dict[str, Any] = {
    "id": "24810377",
    "approve": True,
    "issued_on": "2026-09-14",
    "expired_on": None,
    "group_id": 418201,
    "url": "https://www.credential.net/24810377",
    "recipient": {"name": "Mira Okafor", "email": "mira.okafor@learners.example", "id": "learner-1"},
}
BY_NUMBER = {"email": "mira.okafor@learners.example", "id": 90551}
OWN_KEY = {"award_key": "0c6c1a3e-6d0b-4d8e-9d55-0f3c5f3a9b01"}
GROUP: dict[str, Any] = {
    "id": 418201,
    "name": "ts101-2026",
    "course_name": "Tide Survey",
    "course_description": "For the field week.",
    "course_link": "https://harbourpoint.example/tide",
    "primary_design_id": None,
    "badge_design_id": 90211,
    "certificate_design_id": "90300",
    "design_id": 90400,
}


def template(row: object, images: dict[str, str] | None = None) -> TemplateData:
    data = mapping.template(row, images or {}, where="page 1, row 1")
    assert isinstance(data, TemplateData)
    return data


@pytest.mark.parametrize("number", [418201, "418201"])
def test_a_group_is_an_active_template_under_the_name_that_recipients_see(number: object) -> None:
    data = template(GROUP | {"id": number})
    assert (data.external_id, data.name, data.state) == ("418201", "Tide Survey", TemplateState.ACTIVE)
    assert (data.description, data.url) == ("For the field week.", "https://harbourpoint.example/tide")
    assert data.raw["name"] == "ts101-2026"


def test_a_group_of_nulls_is_a_template_under_its_internal_name() -> None:
    data = template({"id": 1, "name": "ts101", "course_name": None, "course_description": None, "course_link": None})
    assert (data.name, data.description, data.url, data.image_url) == ("ts101", "", "", "")
    assert (data.criteria, data.skills) == ((), ())


def test_outcomes_and_category_are_skills_and_the_link_says_what_to_do() -> None:
    data = template(
        GROUP | {"learning_outcomes": ["Hydrography", None], "skill_category": {"id": 4, "name": "Science"}}
    )
    assert data.skills == ("Hydrography", "Science")
    assert data.criteria == ("https://harbourpoint.example/tide",)
    assert (data.level, data.duration, data.cost) == ("", "", "")


@pytest.mark.parametrize(
    ("images", "shown"),
    [
        ({"90211": "badge", "90300": "certificate", "90400": "old"}, "badge"),
        ({"90300": "certificate", "90400": "old"}, "certificate"),
        ({"90400": "old"}, "old"),
        ({"7": "of another group"}, ""),
    ],
)
def test_the_first_design_that_has_an_image_is_shown(images: dict[str, str], shown: str) -> None:
    assert template(GROUP, images).image_url == shown


def test_designs_without_an_image_are_left_out() -> None:
    rows = [{"id": 1, "rasterized_content_url": "one"}, {"id": "2", "rasterized_content_url": None}, {"id": 3}, "junk"]
    assert mapping.images(rows) == {"1": "one"}


@pytest.mark.parametrize(
    ("row", "why"),
    [("junk", "it is not an object"), ({"name": "x"}, "it has no id"), ({"id": None}, "it has no id")],
)
def test_a_row_that_cannot_be_used_says_where_and_why(row: object, why: str) -> None:
    unreadable = mapping.template(row, {}, where="page 2, row 7")
    assert unreadable == UnreadableRow(where="page 2, row 7", why=why)


def test_a_credential_is_sent_under_the_documented_names_only(order: IssueOrder) -> None:
    assert mapping.credential(order, UTC) == {
        "id": order.key,
        "group_id": 418201,
        "recipient": {"id": "learner-1", "name": "Mira Okafor", "email": "mira.okafor@learners.example"},
        "issued_on": "2026-09-14",
        "complete": True,
        "approve": True,
        "evidence_items": [
            {"description": "Survey log: Field week", "url": "https://harbourpoint.example/log", "category": "url"}
        ],
        "meta_data": {"award_key": order.key},
    }


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        (datetime(2026, 9, 14, 23, 59, tzinfo=UTC), "UTC", "2026-09-14"),
        (datetime(2026, 9, 15, 0, 0, tzinfo=UTC), "UTC", "2026-09-15"),
        (datetime(2026, 9, 14, 11, 59, tzinfo=UTC), "Pacific/Auckland", "2026-09-14"),
        (datetime(2026, 9, 14, 12, 0, tzinfo=UTC), "Pacific/Auckland", "2026-09-15"),
        (datetime(2026, 9, 14, 6, 59, tzinfo=UTC), "America/Los_Angeles", "2026-09-13"),
        (datetime(2026, 9, 14, 7, 0, tzinfo=UTC), "America/Los_Angeles", "2026-09-14"),
        (datetime(2026, 12, 14, 7, 59, tzinfo=UTC), "America/Los_Angeles", "2026-12-13"),
        (datetime(2026, 9, 14, 23, 30, tzinfo=ZoneInfo("America/Los_Angeles")), "Pacific/Auckland", "2026-09-15"),
    ],
)
def test_days_are_reckoned_in_the_zone_of_the_account(order: IssueOrder, moment: datetime, zone: str, day: str) -> None:
    issued = mapping.credential(replace(order, issued_at=moment), ZoneInfo(zone))
    assert (issued["issued_on"], issued.get("expired_on")) == (day, None)
    before = moment - timedelta(days=90)
    assert mapping.credential(replace(order, issued_at=before, expires_at=moment), ZoneInfo(zone))["expired_on"] == day


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 9, 14, 10, 22, tzinfo=UTC), date(2026, 9, 13)),
        (datetime(2026, 9, 14, 0, 30, tzinfo=ZoneInfo("Pacific/Auckland")), date(2026, 9, 12)),
    ],
)
def test_changes_are_asked_for_from_the_day_before(moment: datetime, day: date) -> None:
    assert mapping.day_before(moment) == day


def test_a_learner_without_a_name_is_not_named_by_their_address(order: IssueOrder) -> None:
    nameless = Recipient(id="learner-1", email="mira.okafor@learners.example", full_name=" ")
    assert mapping.credential(replace(order, recipient=nameless), UTC)["recipient"]["name"] == "Learner"


@pytest.mark.parametrize("template_id", ["", "tide-survey", "-1", "²", "4.5"])
def test_a_template_whose_id_is_no_number_is_rejected(order: IssueOrder, template_id: str) -> None:
    with pytest.raises(Rejected):
        mapping.credential(replace(order, template_id=template_id), UTC)


@pytest.mark.parametrize(
    ("changes", "state", "raw_state"),
    [
        ({}, BadgeState.ACCEPTED, "approved"),
        ({"approve": False}, BadgeState.PENDING, "unpublished"),
        ({"approve": None}, BadgeState.UNKNOWN, "approve is None"),
        ({"expired_on": "2026-10-02"}, BadgeState.EXPIRED, "expired"),
        ({"expired_on": "2026-10-02T22:00:00.000Z", "approve": False}, BadgeState.EXPIRED, "expired"),
        ({"expired_on": "2026-10-03"}, BadgeState.ACCEPTED, "approved"),
        ({"expired_on": "2027-10-03T00:00:00.000Z"}, BadgeState.ACCEPTED, "approved"),
        ({"expired_on": "someday"}, BadgeState.ACCEPTED, "approved"),
        ({"expired_on": "2026-10-03", "issued_on": "2026-10-03"}, BadgeState.EXPIRED, "expired"),
        ({"expired_on": "2026-12-01", "issued_on": "2026-12-02T00:00:00.000Z"}, BadgeState.EXPIRED, "expired"),
        ({"issued_on": "2026-09-14T10:22:31.507Z"}, BadgeState.ACCEPTED, "approved"),
    ],
)
def test_the_state_is_read_from_the_expiry_and_the_approval(
    changes: dict[str, object], state: BadgeState, raw_state: str
) -> None:
    receipt = mapping.receipt(CREDENTIAL | changes, TODAY)
    assert (receipt.state, receipt.raw_state) == (state, raw_state)
    assert bool(receipt.waiting) == (state is BadgeState.PENDING)


@pytest.mark.parametrize("number", [24810377, "24810377"])
def test_a_receipt_has_the_id_as_text_and_the_public_address(number: object) -> None:
    receipt = mapping.receipt(CREDENTIAL | {"id": number}, TODAY)
    assert (receipt.external_id, receipt.url) == ("24810377", "https://www.credential.net/24810377")
    assert receipt.as_of is None


@pytest.mark.parametrize(
    ("updated_at", "as_of"),
    [
        ("2026-09-14T10:22:31.500Z", datetime(2026, 9, 14, 10, 22, 31, 500_000, tzinfo=UTC)),
        ("2026-09-14T10:22:31", None),
        ("yesterday", None),
    ],
)
def test_a_receipt_tells_when_the_credential_changed_if_the_zone_is_known(updated_at: str, as_of: datetime) -> None:
    assert mapping.receipt(CREDENTIAL | {"updated_at": updated_at}, TODAY).as_of == as_of


@pytest.mark.parametrize(
    ("changes", "ours"),
    [
        ({}, True),
        ({"group_id": "418201"}, True),
        ({"recipient": {"email": "old@learners.example", "id": "learner-1"}}, True),
        ({"recipient": {"email": "MIRA.Okafor@learners.example", "id": None}}, True),
        ({"recipient": {"email": "mira.okafor@learners.example", "id": "learner-9"}}, False),
        ({"recipient": {"email": "someone@learners.example", "id": None}}, False),
        ({"recipient": None}, False),
        ({"recipient": BY_NUMBER}, True),
        ({"recipient": {"email": "someone@learners.example", "id": 90551}}, False),
        ({"recipient": None, "meta_data": OWN_KEY}, True),
        ({"recipient": None, "meta_data": {"award_key": "another"}}, False),
        # An earlier badge of the same learner, and one of somebody at the same address.
        ({"meta_data": {"award_key": "another"}}, True),
        ({"recipient": BY_NUMBER, "meta_data": {"award_key": "another"}}, False),
        ({"recipient": {"email": "mira.okafor@learners.example"}, "meta_data": {"award_key": "another"}}, False),
        ({"recipient": BY_NUMBER, "license_id": "another"}, False),
        ({"group_id": 418202}, False),
        ({"group_id": None}, False),
    ],
)
def test_a_credential_is_ours_by_group_and_learner(order: IssueOrder, changes: dict[str, object], ours: bool) -> None:
    assert mapping.is_ours(CREDENTIAL | changes, order) is ours


def test_a_credential_without_any_address_is_nobodys(order: IssueOrder) -> None:
    nobody = replace(order, recipient=replace(order.recipient, email=""))
    assert not mapping.is_ours(CREDENTIAL | {"recipient": {"email": "", "id": None}}, nobody)


@pytest.mark.parametrize(
    ("row", "contradicts"),
    [
        ({}, False),
        (CREDENTIAL, False),
        ({"group_id": "418202"}, True),
        ({"group_id": 418202, "meta_data": OWN_KEY}, True),
        ({"meta_data": {"award_key": "another"}}, True),
        ({"meta_data": OWN_KEY, "recipient": {"id": "learner-9", "email": "someone@learners.example"}}, False),
        ({"recipient": {"id": "learner-9", "email": "mira.okafor@learners.example"}}, True),
        ({"recipient": {"id": "learner-1", "email": "old@learners.example"}}, False),
        ({"recipient": {"id": 90551, "email": "someone@learners.example"}}, True),
        ({"recipient": {"id": 90551, "email": "MIRA.okafor@learners.example"}}, False),
        ({"recipient": {"id": 90551}}, False),
    ],
)
def test_an_answer_contradicts_the_order_if_it_names_another(
    order: IssueOrder, row: dict[str, object], contradicts: bool
) -> None:
    assert mapping.contradicts(row, order) is contradicts


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        ({"errors": {"recipient.email": ["has already been taken"]}}, True),
        ({"errors": {"id": ["has already been taken"]}}, True),
        ({"errors": "Recipient email has already been taken"}, True),
        ({"success": False, "data": "Email has already been taken"}, True),
        ({"errors": {"recipient.email": ["is invalid"]}}, False),
        ({"error": {"details": [{"property": "recipient_email", "reason": "taken"}]}}, True),
        ({"errors": "Invalid Group"}, False),
        ({"errors": {"recipient.name": ["was mistaken"]}}, False),
        ({}, False),
    ],
)
def test_a_duplicate_is_told_in_several_shapes(body: dict[str, object], taken: bool) -> None:
    assert mapping.says_taken(body) is taken


FLAT = {
    "id": 24810377,
    "approve": False,
    "group": {"id": 418201},
    "recipient_id": "learner-1",
    "updated_at": "2026-09-14T10:22:31.507Z",
}


@pytest.mark.parametrize("row", [FLAT, CREDENTIAL | {"approve": False, "updated_at": FLAT["updated_at"]}])
def test_rows_of_both_versions_say_the_same(row: dict[str, Any]) -> None:
    badge = mapping.listed(row, TODAY, where="page 1, row 1")
    assert isinstance(badge, Receipt)
    assert (badge.external_id, badge.template_id, badge.recipient_id) == ("24810377", "418201", "learner-1")
    assert (badge.state, badge.raw_state, badge.waiting) == (BadgeState.PENDING, "unpublished", mapping.WAITING)
    assert badge.as_of == datetime(2026, 9, 14, 10, 22, 31, 507_000, tzinfo=UTC)


def test_a_row_that_names_nobody_leaves_group_and_learner_open() -> None:
    badge = mapping.listed({"id": 5, "approve": True, "group": None, "recipient_id": None}, TODAY, where="here")
    assert isinstance(badge, Receipt)
    assert (badge.template_id, badge.recipient_id) == ("", "")


@pytest.mark.parametrize(("row", "why"), [("junk", "it is not an object"), ({"approve": True}, "it has no id")])
def test_a_badge_that_cannot_be_read_says_where_and_why(row: object, why: str) -> None:
    assert mapping.listed(row, TODAY, where="page 2, row 7") == UnreadableRow(where="page 2, row 7", why=why)
