"""What Credly is sent, byte by byte in names and forms of dates."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from credentials_badges.contract.data import Evidence, IssueOrder, Recipient, RevokeOrder
from providers.credly.bodies import bears_name, issue_body, replace_body, revoke_body, split_name
from tests.providers.credly.conftest import PLAIN_ACCOUNT

TEMPLATE = "a1c7e6d2-3b54-4c0e-8f11-7d2a90b3c401"
SILENT = replace(PLAIN_ACCOUNT, options={"notify": "no", "locale": "fr-CA"})
ORDER = IssueOrder(
    key="6f1c1b62-0000-4000-8000-000000000000",
    template_id=TEMPLATE,
    recipient=Recipient(id="lms-user-20418", email="Mira@Learners.example", full_name="Mira Ada Okafor"),
    issued_at=datetime(2026, 9, 14, 12, 21, 58, 999, tzinfo=timezone(timedelta(hours=2))),
)
FULL = replace(
    ORDER,
    expires_at=datetime(2028, 9, 14, 10, 21, 58, tzinfo=UTC),
    evidence=(
        Evidence(name="Survey log", url="https://learn.example/log", description="Field log"),
        Evidence(name="Grade", url="https://learn.example/grade"),
    ),
)
COMMON = {
    "issued_to_first_name": "Mira Ada",
    "issued_to_last_name": "Okafor",
    "badge_template_id": TEMPLATE,
    "issued_at": "2026-09-14 10:21:58 +0000",
    "issuer_earner_id": "lms-user-20418",
}
MORE = {
    "expires_at": "2028-09-14 10:21:58 +0000",
    "evidence": [
        {"type": "UrlEvidence", "name": "Survey log", "value": "https://learn.example/log", "description": "Field log"},
        {"type": "UrlEvidence", "name": "Grade", "value": "https://learn.example/grade"},
    ],
}


def test_what_an_order_or_an_account_leaves_open_is_not_sent() -> None:
    """A null ``expires_at`` would mean the template's default, and false would mean never."""
    assert issue_body(PLAIN_ACCOUNT, ORDER) == {"recipient_email": "mira@learners.example", **COMMON}


def test_an_issue_has_the_documented_fields() -> None:
    assert issue_body(SILENT, FULL) == {
        "recipient_email": "mira@learners.example",
        **COMMON,
        **MORE,
        "locale": "fr-CA",
        "suppress_badge_notification_email": True,
    }


def test_a_replacement_has_the_documented_fields() -> None:
    notice = {"notification_message": "The name on your badge was corrected."}
    assert replace_body(PLAIN_ACCOUNT, FULL) == {**COMMON, **MORE, **notice}
    assert replace_body(SILENT, ORDER) == COMMON


def test_a_revocation_has_the_documented_fields() -> None:
    order = RevokeOrder(key="k", external_id="b", reason="Assessment result withdrawn")
    assert revoke_body(PLAIN_ACCOUNT, order) == {"reason": "Assessment result withdrawn"}
    assert revoke_body(SILENT, order) == {
        "reason": "Assessment result withdrawn",
        "suppress_revoke_notification_email": True,
    }


@pytest.mark.parametrize(
    ("names", "bears"),
    [
        (("Mira Ada", None, "Okafor"), True),
        (("Mira", "Ada", "Okafor"), True),
        (("Mira", "", "Okafor"), False),
        (("Mira", None, None), False),
        ((7, None, "Okafor"), False),
    ],
)
def test_a_badge_bears_the_name_however_it_is_split(names: tuple[object, ...], bears: bool) -> None:
    first, middle, last = names
    row = {"issued_to_first_name": first, "issued_to_middle_name": middle, "issued_to_last_name": last}
    assert bears_name(row, ORDER) is bears


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("Mira Okafor", "Mira", "Okafor"),
        ("Mira Ada Okafor", "Mira Ada", "Okafor"),
        ("  Mira \t Ada\u00a0Okafor ", "Mira Ada", "Okafor"),
        ("山田\u3000太郎", "山田", "太郎"),
        ("محمد بن سلمان", "محمد بن", "سلمان"),
        ("Анна Сергеевна Петрова", "Анна Сергеевна", "Петрова"),
        ("김\u2003민준", "김", "민준"),
        ("王小明", "王小明", "-"),
        ("Plato", "Plato", "-"),
        ("", "-", "-"),
        ("\u3000 ", "-", "-"),
    ],
)
def test_a_name_is_split_in_any_script(written: str, first: str, last: str) -> None:
    assert split_name(written) == (first, last)
