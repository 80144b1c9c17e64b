"""Rows of Credly's shapes in, contract data out."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from credentials_badges.contract.data import (
    BadgeChanged,
    BadgeGone,
    IssueOrder,
    Recipient,
    TemplateChanged,
    TemplateGone,
)
from credentials_badges.contract.states import BadgeState, TemplateState
from providers.credly import mapping

TEMPLATE = "a1c7e6d2-3b54-4c0e-8f11-7d2a90b3c401"
BADGE = b"""{
    "id": "c90b2f4e-1d7a-4e65-b3f8-6a51d0e7f501", "user": {}, "state": "pending",
    "badge_template": {"id": "a1c7e6d2-3b54-4c0e-8f11-7d2a90b3c401", "name": "Tide Survey Practitioner"},
    "issuer_earner_id": "learner-1", "recipient_email": "mira@learners.example", "replacement_badge_id": null,
    "created_at": "2026-09-14T10:22:31.507Z", "updated_at": "2026-09-14T10:22:31.507Z", "state_updated_at": null,
    "accept_badge_url": "https://www.credly.com/badges/c90b2f4e-1d7a-4e65-b3f8-6a51d0e7f501/accept",
    "a_key_of_tomorrow": 1
}"""


def order(**changes: object) -> IssueOrder:
    plain = IssueOrder(
        key="6f1c1b62-0000-4000-8000-000000000000",
        template_id=TEMPLATE,
        recipient=Recipient(id="learner-1", email="Mira@Learners.example", full_name="Mira Ada Okafor"),
        issued_at=datetime(2026, 9, 14, 12, 21, 58, 999, tzinfo=timezone(timedelta(hours=2))),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def badge(**changes: object) -> dict[str, object]:
    return {**json.loads(BADGE), **changes}


def test_a_pending_badge_is_read() -> None:
    receipt = mapping.receipt(json.loads(BADGE))
    assert receipt.external_id == "c90b2f4e-1d7a-4e65-b3f8-6a51d0e7f501"
    assert (receipt.state, receipt.raw_state) == (BadgeState.PENDING, "pending")
    assert receipt.url == "https://www.credly.com/badges/c90b2f4e-1d7a-4e65-b3f8-6a51d0e7f501/accept"
    assert receipt.as_of == datetime(2026, 9, 14, 10, 22, 31, 507000, tzinfo=UTC)
    assert receipt.raw["a_key_of_tomorrow"] == 1
    assert "mira@" not in repr(receipt)


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ("accepted", BadgeState.ACCEPTED),
        ("rejected", BadgeState.REJECTED),
        ("revoked", BadgeState.REVOKED),
        ("expired", BadgeState.EXPIRED),
        ("replaced", BadgeState.REVOKED),
        ("levitating", BadgeState.UNKNOWN),
        (None, BadgeState.UNKNOWN),
    ],
)
def test_every_state_is_told_and_the_raw_word_is_kept(raw: str | None, state: BadgeState) -> None:
    receipt = mapping.receipt(badge(state=raw))
    assert (receipt.state, receipt.raw_state) == (state, raw or "")


def test_the_later_change_dates_a_receipt() -> None:
    row = badge(state_updated_at="2026-09-15T06:02:10Z", updated_at="2026-09-16T00:00:00Z")
    assert mapping.receipt(row).as_of == datetime(2026, 9, 16, tzinfo=UTC)


def test_the_change_of_state_dates_a_receipt_and_the_badge_page_is_its_address() -> None:
    row = badge(accept_badge_url=None, badge_url="https://www.credly.com/badges/1", state_updated_at="2026-09-15T06:02")
    receipt = mapping.receipt(row)
    assert receipt.url == "https://www.credly.com/badges/1"
    assert receipt.as_of == datetime(2026, 9, 15, 6, 2, tzinfo=UTC)


@pytest.mark.parametrize("times", [{}, {"updated_at": None}, {"updated_at": "yesterday"}, {"updated_at": 5}])
def test_a_receipt_without_a_readable_time_has_none(times: dict[str, object]) -> None:
    receipt = mapping.receipt({"id": "1", "state": "accepted", **times})
    assert (receipt.as_of, receipt.url) == (None, "")


def test_a_template_is_read_whole() -> None:
    row = {
        "id": TEMPLATE,
        "name": "Tide Survey Practitioner",
        "description": "Can plan a tide survey.",
        "state": "active",
        "image_url": "https://images.credly.com/images/1/tide.png",
        "url": "https://www.credly.com/org/harbour/badge/tide",
    }
    template = mapping.template(row)
    assert (template.external_id, template.name, template.description) == (TEMPLATE, row["name"], row["description"])
    assert (template.image_url, template.url, template.raw) == (row["image_url"], row["url"], row)
    assert template.state is TemplateState.ACTIVE


def test_a_draft_has_no_image_and_a_state_of_tomorrow_cannot_be_issued() -> None:
    draft = mapping.template({"id": "1", "name": "A", "state": "draft", "image_url": None, "description": None})
    assert (draft.state, draft.image_url, draft.description) == (TemplateState.DRAFT, "", "")
    assert mapping.template({"id": "1", "name": "A", "state": "paused"}).state is TemplateState.ARCHIVED


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (None, "it is not an object"),
        (["id"], "it is not an object"),
        ({"name": "A", "state": "active"}, "it has no id"),
        ({"id": 7, "name": "A", "state": "active"}, "it has no id"),
        ({"id": "1", "name": "", "state": "active"}, "it has no name"),
        ({"id": "1", "name": "A"}, "it has no state"),
    ],
)
def test_a_template_that_cannot_be_used_says_why(row: object, why: str) -> None:
    with pytest.raises(mapping.UnreadableError, match=f"^{why}$"):
        mapping.template(row)


@pytest.mark.parametrize(
    "data",
    [
        {"message": "Validation failed: Recipient already has this badge"},
        {"message": "RECIPIENT ALREADY HAS THIS BADGE"},
        {"message": "Invalid", "errors": [{"attribute": "user_id", "messages": ["User already has this badge"]}]},
        {"errors": [{"attribute": "recipient_email", "messages": "Recipient already has this badge"}]},
        {"errors": [None, {"messages": None}, {"messages": [3, "already has this badge"]}]},
    ],
)
def test_a_duplicate_is_seen_in_every_shape(data: object) -> None:
    assert mapping.says_duplicate({"data": data, "metadata": {}})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": None},
        {"data": [{"message": "already has this badge"}]},
        {"data": {"message": f"Invalid or missing Badge Template ID: {TEMPLATE}"}, "metadata": None},
        {"data": {"message": "Validation failed", "errors": {"recipient_email": "is invalid"}}},
    ],
)
def test_other_refusals_are_no_duplicates(body: dict[str, object]) -> None:
    assert not mapping.says_duplicate(body)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"badge_template": {"id": "another-template"}},
        {"badge_template": None},
        {"issuer_earner_id": "learner-2"},
        {"issuer_earner_id": None, "recipient_email": "else@learners.example"},
        {"issuer_earner_id": None, "recipient_email": None, "user": {"email": "mira@learners.example"}},
        {"state": "revoked"},
        {"state": "expired"},
        {"state": "replaced"},
        {"expires_at": "2026-09-14T10:21:57.000Z"},
        {"replacement_badge_id": "c90b2f4e-1d7a-4e65-b3f8-6a51d0e7f503"},
    ],
)
def test_a_badge_that_is_not_the_one_is_not_picked(changes: dict[str, object]) -> None:
    assert mapping.pick([badge(**changes), "not a row"], order()) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient_email": "new.address@learners.example"},
        {"issuer_earner_id": None, "recipient_email": "MIRA@learners.example"},
        {"issuer_earner_id": ""},
        {"expires_at": "2026-09-15T00:00:00.000Z"},
        {"state": "rejected"},
        {"state": "levitating"},
    ],
)
def test_a_live_badge_of_the_learner_is_picked(changes: dict[str, object]) -> None:
    assert mapping.pick([badge(**changes)], order()) == mapping.receipt(badge(**changes))


def test_the_oldest_of_several_is_picked() -> None:
    rows: list[object] = [
        badge(id="undated", created_at=None),
        badge(id="younger"),
        badge(id="oldest", created_at="2026-09-14T10:22:30.000Z"),
    ]
    picked = mapping.pick(rows, order())
    assert picked is not None
    assert picked.external_id == "oldest"
    picked = mapping.pick(rows, order(taken=frozenset({"oldest"})))
    assert picked is not None
    assert picked.external_id == "younger"


def test_a_badge_that_another_one_stands_for_is_over_whatever_its_state() -> None:
    receipt = mapping.receipt(badge(state="accepted", replacement_badge_id="another"))
    assert (receipt.state, receipt.raw_state) == (BadgeState.REVOKED, "replaced")


def test_a_receipt_says_whose_badge_it_is() -> None:
    receipt = mapping.receipt(badge())
    assert (receipt.template_id, receipt.recipient_id) == (TEMPLATE, "learner-1")
    bare = mapping.receipt(badge(badge_template=None, issuer_earner_id=None))
    assert (bare.template_id, bare.recipient_id) == ("", "")


@pytest.mark.parametrize(
    ("fields", "criteria"),
    [
        (
            {
                "criteria_url": "https://learn.example/criteria",
                "criteria_url_name": "All criteria",
                "badge_template_activities": [
                    {"activity_type": "Course", "title": "Field week", "activity_url": "https://learn.example/week"},
                    {"activity_type": "Assessment", "title": "Survey log", "activity_url": None},
                    {"title": "Essay", "activity_type": 5},
                    {"activity_url": "https://learn.example/bare"},
                    {},
                    None,
                ],
                "global_activity_url": "https://learn.example/all",
            },
            (
                "All criteria (https://learn.example/criteria)",
                "Course: Field week (https://learn.example/week)",
                "Assessment: Survey log",
                "Essay",
                "https://learn.example/bare",
            ),
        ),
        ({"criteria_url": "https://learn.example/criteria"}, ("https://learn.example/criteria",)),
        ({"global_activity_url": "https://learn.example/all"}, ("https://learn.example/all",)),
        ({"badge_template_activities": "many", "criteria_url": 7, "global_activity_url": None}, ()),
    ],
)
def test_criteria_are_read_in_the_providers_words(fields: dict[str, object], criteria: tuple[str, ...]) -> None:
    assert mapping.template({"id": "1", "name": "A", "state": "active", **fields}).criteria == criteria


def test_what_a_template_is_about_is_read_and_unknown_shapes_are_skipped() -> None:
    row = {"id": "1", "name": "A", "state": "active", "level": "Advanced", "time_to_earn": "Weeks", "cost": "Free"}
    template = mapping.template({**row, "skills": ["Hydrography", {"name": "Object"}, "", None, "Safety"]})
    assert template.skills == ("Hydrography", "Safety")
    assert (template.level, template.duration, template.cost) == ("Advanced", "Weeks", "Free")
    odd = mapping.template({**row, "skills": {"a": 1}, "level": 3, "time_to_earn": None, "cost": []})
    assert (odd.skills, odd.level, odd.duration, odd.cost) == ((), "", "", "")


def test_the_end_of_our_own_key_is_found_among_others() -> None:
    rows: list[object] = [None, {"token": None}, {"token": "else", "expires_at": "2026-10-01T00:00:00Z"}]
    ours = {"token": "schl\u00fcssel", "expires_at": "2026-12-28T07:00:00.000Z"}
    assert mapping.key_expires_at([*rows, ours], "schl\u00fcssel") == datetime(2026, 12, 28, 7, tzinfo=UTC)
    assert mapping.key_expires_at(rows, "schl\u00fcssel") is None


@pytest.mark.parametrize("index", [None, "1", -1, True, 1.0])
def test_a_useless_error_index_is_none(index: object) -> None:
    assert mapping.error_index({"data": {"error_index": index}}) is None
    assert mapping.error_index({"data": {"error_index": 0}}) == 0


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("badge_template.created", TemplateChanged),
        ("badge_template.changed", TemplateChanged),
        ("badge_template.deleted", TemplateGone),
        ("badge.created", BadgeChanged),
        ("badge.state.changed", BadgeChanged),
        ("badge.deleted", BadgeGone),
    ],
)
def test_every_kind_of_event_is_told(kind: str, made: type) -> None:
    about = {"badge_template": {"id": "1", "name": "A", "state": "archived"}, "badge": badge()}
    told = {"id": "e", "organization_id": "o", "event_type": kind, "occurred_at": "2026-09-15T06:02:10.331Z", **about}
    event = mapping.event(told)
    assert event.occurred_at == datetime(2026, 9, 15, 6, 2, 10, 331000, tzinfo=UTC)
    assert type(mapping.change(event)) is made


@pytest.mark.parametrize(
    "row",
    [None, {"occurred_at": "2026-09-15T06:02:10Z"}, {"event_type": "badge.created", "occurred_at": "yesterday"}],
)
def test_an_event_that_cannot_be_used_says_so(row: object) -> None:
    with pytest.raises(mapping.UnreadableError):
        mapping.event(row)
