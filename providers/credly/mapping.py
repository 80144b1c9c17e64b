"""Between Credly's rows and the contract's data. Pure: nothing here calls anybody."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from credentials_badges.contract.data import AccountInfo, Evidence, IssueOrder, Receipt, TemplateData
from credentials_badges.contract.states import LIVE_STATES, BadgeState, TemplateState

BADGE_STATES = {
    "pending": BadgeState.PENDING,
    "accepted": BadgeState.ACCEPTED,
    "rejected": BadgeState.REJECTED,
    "expired": BadgeState.EXPIRED,
    "revoked": BadgeState.REVOKED,
}
TEMPLATE_STATES = {
    "draft": TemplateState.DRAFT,
    "active": TemplateState.ACTIVE,
    "archived": TemplateState.ARCHIVED,
}
COUNTERS = frozenset({"badges_count", "get_issue_count", "updated_at"})
"""What changes in a template's row each time a badge is issued: kept, it would make every pull look like a change."""

NO_NAME = "-"
"""Stands for a missing part of a name, in any language: Credly requires both parts, and may refuse an empty one."""


class UnreadableError(ValueError):
    """A row that cannot be used; the message completes a sentence, such as ``it has no id``."""


def account_info(row: object) -> AccountInfo:
    """From an organization's row. Raises `UnreadableError`."""
    fields = _with(row, "id", "name")
    return AccountInfo(external_id=fields["id"], name=fields["name"])


def template(row: object) -> TemplateData:
    """From a badge template's row. Raises `UnreadableError`."""
    fields = _with(row, "id", "name", "state")
    return TemplateData(
        external_id=fields["id"],
        name=fields["name"],
        description=_text(fields, "description"),
        image_url=_text(fields, "image_url"),
        url=_text(fields, "url"),
        # A state that Credly may invent one day is not known to be issuable, so it counts as archived.
        state=TEMPLATE_STATES.get(fields["state"], TemplateState.ARCHIVED),
        raw={key: value for key, value in fields.items() if key not in COUNTERS},
    )


def receipt(row: object) -> Receipt:
    """From an issued badge's row. Raises `UnreadableError`."""
    fields = _with(row, "id")
    raw_state = _text(fields, "state")
    return Receipt(
        external_id=fields["id"],
        state=BADGE_STATES.get(raw_state, BadgeState.UNKNOWN),
        raw_state=raw_state,
        # Pending badges have the one, accepted badges the other, revoked badges neither.
        url=_text(fields, "accept_badge_url") or _text(fields, "badge_url"),
        as_of=_moment(fields, "state_updated_at") or _moment(fields, "updated_at"),
        raw=fields,
    )


def issue_body(order: IssueOrder) -> dict[str, Any]:
    """What to send to issue a badge: https://www.credly.com/docs/issued_badges

    ``duplicate_behavior`` is left out: Credly then refuses a second badge, and never replaces the first.
    """
    first, last = split_name(order.recipient.full_name)
    body: dict[str, Any] = {
        "recipient_email": order.recipient.email.lower(),
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


def split_name(full_name: str) -> tuple[str, str]:
    """First and last name, of which Credly shows the one after the other, as the name was written.

    The last word is the last name, whatever it means in the learner's language, so that the whole reads right. A
    missing part is `NO_NAME`: nothing is said twice, and no address or user name gets onto a public badge.
    """
    words = full_name.split()
    if len(words) > 1:
        return " ".join(words[:-1]), words[-1]
    return (words[0] if words else NO_NAME), NO_NAME


def says_duplicate(body: Mapping[str, Any]) -> bool:
    """Whether an error body says that the learner has the badge, in its message or at one of the attributes.

    Seen as ``data.message``, and as ``data.errors[].messages``, which may be a list or a single text.
    """
    data = body.get("data")
    if not isinstance(data, dict):
        return False
    said = [data.get("message")]
    errors = data.get("errors")
    for error in errors if isinstance(errors, list) else []:
        messages = error.get("messages") if isinstance(error, dict) else None
        said += messages if isinstance(messages, list) else [messages]
    return any("already has this badge" in text.lower() for text in said if isinstance(text, str))


def pick(rows: list[object], order: IssueOrder) -> Receipt | None:
    """The badge among those rows that fulfils the order, the oldest if there are several."""
    found = sorted((row for row in rows if _fulfils(row, order)), key=_age)
    return receipt(found[0]) if found else None


def _url_evidence(item: Evidence) -> dict[str, str]:
    written = {"type": "UrlEvidence", "name": item.name, "value": item.url}
    return {**written, "description": item.description} if item.description else written


def _fulfils(row: object, order: IssueOrder) -> bool:
    """Whether the row is a live badge of this template and this learner.

    An address alone does not make it theirs: it may be a shared one, and then our id in the row tells the learners
    apart. A badge without our id was issued by other means. ``user.email`` is masked by Credly and says nothing.
    """
    try:
        badge = receipt(row)
    except UnreadableError:
        return False
    nested = badge.raw.get("badge_template")
    earner = badge.raw.get("issuer_earner_id")
    same_address = _text(badge.raw, "recipient_email").casefold() == order.recipient.email.casefold()
    return (
        isinstance(nested, dict)
        and nested.get("id") == order.template_id
        and (earner == order.recipient.id or (not earner and same_address))
        and badge.state in LIVE_STATES
        and badge.raw_state != "replaced"
        and not badge.raw.get("replacement_badge_id")
        and badge.external_id not in order.taken
    )


def _age(row: object) -> datetime:
    return (_moment(row, "created_at") if isinstance(row, dict) else None) or datetime.max.replace(tzinfo=UTC)


def _with(row: object, *required: str) -> dict[str, Any]:
    """The row, if it is an object that has a text under each required key. Raises `UnreadableError`."""
    if not isinstance(row, dict):
        raise UnreadableError("it is not an object")
    for key in required:
        if not _text(row, key):
            raise UnreadableError(f"it has no {key}")
    return row


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else ""


def _moment(fields: Mapping[str, Any], key: str) -> datetime | None:
    """A time that Credly gives, in UTC even where it names no zone; None if there is none that can be read."""
    try:
        moment = datetime.fromisoformat(_text(fields, key))
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _timestamp(moment: datetime) -> str:
    """The only form that Credly's page shows, always in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
