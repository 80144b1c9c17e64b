"""Between Credly's rows and the contract's data. Pure: nothing here calls anybody."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from credentials_badges.contract.data import (
    AccountInfo,
    BadgeChanged,
    BadgeGone,
    Change,
    IssueOrder,
    Receipt,
    TemplateChanged,
    TemplateData,
    TemplateGone,
)
from credentials_badges.contract.states import LIVE_STATES, BadgeState, TemplateState

BADGE_STATES = {
    "pending": BadgeState.PENDING,
    "accepted": BadgeState.ACCEPTED,
    "rejected": BadgeState.REJECTED,
    "expired": BadgeState.EXPIRED,
    "revoked": BadgeState.REVOKED,
    "replaced": BadgeState.REVOKED,
}
TEMPLATE_STATES = {
    "draft": TemplateState.DRAFT,
    "active": TemplateState.ACTIVE,
    "archived": TemplateState.ARCHIVED,
}
COUNTERS = frozenset({"badges_count", "get_issue_count", "updated_at"})
"""What changes in a template's row each time a badge is issued: kept, it would make every pull look like a change."""

REPLACED = "replaced"
"""Our word, and perhaps Credly's, for a badge that another one stands for."""
# https://www.credly.com/docs/webhooks
TEMPLATE_EVENTS = frozenset({"badge_template.created", "badge_template.changed", "badge_template.deleted"})
BADGE_EVENTS = frozenset({"badge.created", "badge.state.changed", "badge.deleted"})


class UnreadableError(ValueError):
    """A row that cannot be used; the message completes a sentence, such as ``it has no id``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened at Credly, with the row of the template or badge as it was then."""

    kind: str
    organization_id: str
    occurred_at: datetime
    thing_id: str
    thing: Mapping[str, Any] = field(repr=False)


def account_info(row: object) -> AccountInfo:
    """From an organization's row. Raises `UnreadableError`."""
    fields = _with(row, "id", "name")
    return AccountInfo(external_id=fields["id"], name=fields["name"])


def key_expires_at(rows: Iterable[object], key: str) -> datetime | None:
    """When that key ends, from the rows of an organization's keys. Nothing of the other rows is kept."""
    for row in rows:
        if isinstance(row, dict) and compare_digest(_text(row, "token").encode(), key.encode()):
            return _moment(row, "expires_at")
    return None


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
        criteria=tuple(_criteria(fields)),
        skills=tuple(skill for skill in _list(fields, "skills") if isinstance(skill, str) and skill),
        level=_text(fields, "level"),
        duration=_text(fields, "time_to_earn"),
        cost=_text(fields, "cost"),
        raw={key: value for key, value in fields.items() if key not in COUNTERS},
    )


def receipt(row: object) -> Receipt:
    """From an issued badge's row. Raises `UnreadableError`."""
    fields = _with(row, "id")
    raw_state = REPLACED if _text(fields, "replacement_badge_id") else _text(fields, "state")
    return Receipt(
        external_id=fields["id"],
        state=BADGE_STATES.get(raw_state, BadgeState.UNKNOWN),
        raw_state=raw_state,
        # Pending badges have the one, accepted badges the other, revoked badges neither.
        url=_text(fields, "accept_badge_url") or _text(fields, "badge_url"),
        # Each of the two is seen to be later than the other.
        as_of=max(filter(None, (_moment(fields, "state_updated_at"), _moment(fields, "updated_at"))), default=None),
        template_id=_text(_dict(fields, "badge_template"), "id"),
        recipient_id=_text(fields, "issuer_earner_id"),
        raw=fields,
    )


def receipts(rows: Iterable[object]) -> Iterator[Receipt]:
    """The same from many rows; those that cannot be used are passed over."""
    for row in rows:
        with suppress(UnreadableError):
            yield receipt(row)


def receipt_for(row: object, order: IssueOrder) -> Receipt:
    """From the row of a badge that was made for the order. Raises `UnreadableError` also if it is another one.

    Where the row has no id of the learner, an address that it tells has to be theirs.
    """
    badge = receipt(row)
    stranger = not badge.recipient_id and _address(badge) not in {"", order.recipient.email.casefold()}
    if stranger or contradicts(badge, order):
        raise UnreadableError("it is about another template or another learner")
    return badge


def receipt_among(row: object, order: IssueOrder) -> Receipt:
    """The same, where the row might be about any of several orders: then it has to say whose badge it is."""
    badge = receipt_for(row, order)
    if not (badge.template_id and badge.recipient_id):
        raise UnreadableError("it does not say whose badge it is")
    return badge


def contradicts(badge: Receipt, order: IssueOrder) -> bool:
    """Whether it says to be a badge of another template or of another learner."""
    return badge.template_id not in {"", order.template_id} or badge.recipient_id not in {"", order.recipient.id}


def refuses_duplicates(row: Mapping[str, Any]) -> bool:
    """Whether a template's row says that Credly refuses a learner's second badge of it."""
    return row.get("allow_duplicate_badges") is False


def successor(row: object) -> str:
    """The id of the badge that stands for that one now, from its row or from a refusal that says so; else empty."""
    if not isinstance(row, dict):
        return ""
    return _text(row, "replacement_badge_id") or _text(_dict(row, "metadata"), "current_badge_id")


def event(row: object) -> Event:
    """From an event's row. Raises `UnreadableError`."""
    fields = _with(row, "event_type", "occurred_at")
    occurred_at = _moment(fields, "occurred_at")
    if occurred_at is None:
        raise UnreadableError("its time cannot be read")
    thing = _dict(fields, "badge_template") if fields["event_type"] in TEMPLATE_EVENTS else _dict(fields, "badge")
    return Event(
        kind=fields["event_type"],
        organization_id=_text(fields, "organization_id"),
        occurred_at=occurred_at,
        thing_id=_text(thing, "id"),
        thing=thing,
    )


def change(told: Event) -> Change:
    """What an event about a template or a badge says by itself. Raises `UnreadableError`."""
    thing = _with(told.thing, "id")
    if told.kind == "badge_template.deleted":
        return TemplateGone(external_id=thing["id"])
    if told.kind == "badge.deleted":
        return BadgeGone(external_id=thing["id"])
    if told.kind in TEMPLATE_EVENTS:
        return TemplateChanged(template=template(thing))
    return BadgeChanged(receipt=receipt(thing))


def says_duplicate(body: Mapping[str, Any]) -> bool:
    """Whether an error body says that the learner has the badge, in its message or at one of the attributes.

    Seen as ``data.message``, and as ``data.errors[].messages``, which may be a list or a single text.
    """
    data = _dict(body, "data")
    said = [data.get("message")]
    for error in _list(data, "errors"):
        messages = error.get("messages") if isinstance(error, dict) else None
        said += messages if isinstance(messages, list) else [messages]
    return any("already has this badge" in text.lower() for text in said if isinstance(text, str))


def error_index(body: Mapping[str, Any]) -> int | None:
    """Which badge of a batch was the reason to refuse all, from 0, if the error body says so."""
    index = _dict(body, "data").get("error_index")
    return index if type(index) is int and index >= 0 else None


def pick(rows: Iterable[object], order: IssueOrder) -> Receipt | None:
    """The badge among those rows that fulfils the order, the oldest if there are several."""
    return min((badge for badge in receipts(rows) if _fulfils(badge, order)), key=_age, default=None)


def all_over(rows: Iterable[object], order: IssueOrder) -> bool:
    """Whether all that the rows show of the order's template is over, or known to be other badges of ours.

    No for a row that cannot be read, since it may be anything, and for no rows at all, since the list may be late;
    but where this is one more, the badges that are known are in its way, whether the list shows them yet or not.
    """
    try:
        same = [badge for badge in map(receipt, rows) if badge.template_id in {order.template_id, ""}]
    except UnreadableError:
        return False
    others = bool(same or (order.again and order.taken))
    return others and not any(_may_be_it(badge, order) for badge in same)


def _fulfils(badge: Receipt, order: IssueOrder) -> bool:
    """Whether it is a live badge of this template and this learner.

    An address alone does not make it theirs: it may be a shared one, and then our id in the row tells the learners
    apart. A badge without our id was issued by other means. ``user.email`` is masked by Credly and says nothing.
    """
    same_address = _address(badge) == order.recipient.email.casefold()
    return (
        badge.template_id == order.template_id
        and (badge.recipient_id == order.recipient.id or (not badge.recipient_id and same_address))
        and _may_be_it(badge, order)
    )


def _address(badge: Receipt) -> str:
    return _text(badge.raw, "recipient_email").casefold()


def _may_be_it(badge: Receipt, order: IssueOrder) -> bool:
    """Whether it was not over when the order was made, and is not another badge of ours, nor one that replaced that.

    Credly tells expiry by a date rather than by a state.
    """
    ends = _moment(badge.raw, "expires_at")
    live = badge.state in LIVE_STATES and (ends is None or ends > order.issued_at)
    return live and order.taken.isdisjoint({badge.external_id, _text(badge.raw, "replaces_badge_id")})


def _criteria(fields: Mapping[str, Any]) -> Iterator[str]:
    """What has to be done, each with its address; the page about all of it only if there is nothing else."""
    activities = [item for item in _list(fields, "badge_template_activities") if isinstance(item, dict)]
    lines = [_line([_text(fields, "criteria_url_name")], _text(fields, "criteria_url"))]
    lines += [_line([_text(a, "activity_type"), _text(a, "title")], _text(a, "activity_url")) for a in activities]
    yield from filter(None, lines if any(lines) else [_text(fields, "global_activity_url")])


def _line(words: list[str], url: str) -> str:
    said = ": ".join(filter(None, words))
    return f"{said} ({url})" if said and url else said or url


def _age(badge: Receipt) -> datetime:
    return _moment(badge.raw, "created_at") or datetime.max.replace(tzinfo=UTC)


def _with(row: object, *required: str) -> dict[str, Any]:
    """The row, if it is an object that has a text under each required key. Raises `UnreadableError`."""
    if not isinstance(row, dict):
        raise UnreadableError("it is not an object")
    for key in required:
        if not _text(row, key):
            raise UnreadableError(f"it has no {key}")
    return row


def _dict(fields: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = fields.get(key)
    return value if isinstance(value, dict) else {}


def _list(fields: Mapping[str, Any], key: str) -> list[Any]:
    value = fields.get(key)
    return value if isinstance(value, list) else []


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
