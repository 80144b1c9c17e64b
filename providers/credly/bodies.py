"""What Credly is sent. Pure: nothing here calls anybody.

Reference: https://www.credly.com/docs/issued_badges
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from credentials_badges.contract.data import Account, Evidence, IssueOrder, RevokeOrder
from providers.credly.options import LOCALE, chosen, notifies

NO_NAME = "-"
"""Stands for a missing part of a name, in any language: Credly requires both parts, and may refuse an empty one."""


def issue_body(account: Account, order: IssueOrder) -> dict[str, Any]:
    """To issue a badge. ``duplicate_behavior`` is left out: Credly then refuses a second badge, and replaces none."""
    body = {"recipient_email": order.recipient.email.lower(), **_badge(order)}
    if locale := chosen(account, LOCALE):
        body["locale"] = locale
    if not notifies(account):
        body["suppress_badge_notification_email"] = True
    return body


def replace_body(account: Account, order: IssueOrder) -> dict[str, Any]:
    """To put a badge with the learner's present name in the place of another. The address is not among its fields."""
    body = _badge(order)
    if notifies(account):
        body["notification_message"] = "The name on your badge was corrected."
    return body


def revoke_body(account: Account, order: RevokeOrder) -> dict[str, Any]:
    """To revoke a badge; Credly requires a reason."""
    body: dict[str, Any] = {"reason": order.reason}
    if not notifies(account):
        body["suppress_revoke_notification_email"] = True
    return body


def split_name(full_name: str) -> tuple[str, str]:
    """First and last name, of which Credly shows the one after the other, as the name was written.

    The last word is the last name, whatever it means in the learner's language, so that the whole reads right. A
    missing part is `NO_NAME`: nothing is said twice, and no address or user name gets onto a public badge.
    """
    words = full_name.split()
    if len(words) > 1:
        return " ".join(words[:-1]), words[-1]
    return (words[0] if words else NO_NAME), NO_NAME


def bears_name(row: Mapping[str, Any], order: IssueOrder) -> bool:
    """Whether the badge in that row reads as the learner is called now."""
    parts = [row.get(f"issued_to_{part}_name") for part in ("first", "middle", "last")]
    return " ".join(part for part in parts if isinstance(part, str) and part) == " ".join(
        split_name(order.recipient.full_name)
    )


def _badge(order: IssueOrder) -> dict[str, Any]:
    """What a new badge and one that replaces another have in common."""
    first, last = split_name(order.recipient.full_name)
    body: dict[str, Any] = {
        "issued_to_first_name": first,
        "issued_to_last_name": last,
        "badge_template_id": order.template_id,
        "issued_at": _timestamp(order.issued_at),
        "issuer_earner_id": order.recipient.id,
    }
    if order.expires_at is not None:
        body["expires_at"] = _timestamp(order.expires_at)
    if order.evidence:
        body["evidence"] = [_url_evidence(item) for item in order.evidence]
    return body


def _url_evidence(item: Evidence) -> dict[str, str]:
    written = {"type": "UrlEvidence", "name": item.name, "value": item.url}
    return {**written, "description": item.description} if item.description else written


def _timestamp(moment: datetime) -> str:
    """The only form that Credly's page shows, always in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
