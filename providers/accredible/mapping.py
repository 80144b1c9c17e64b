"""Accredible's words turned into ours and back: pure functions, without a call and without a clock.

Their group is our template, their credential our badge (https://docs.api.accredible.com). Ids come as numbers from
some calls and as strings from others; here they are strings.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from credentials_badges.contract.data import AccountInfo, IssueOrder, Receipt, TemplateData, UnreadableRow
from credentials_badges.contract.errors import Rejected
from credentials_badges.contract.states import BadgeState

NAMELESS = "Learner"
"""The recipient's name where we know none: Accredible demands one and shows it on a public page, so it must not be
made from the address."""

IMAGE_KEYS = ("primary_design_id", "badge_design_id", "certificate_design_id", "design_id")
"""Where a group names its designs, the one to show first. Any of them may be null, the primary one too."""


def account_info(issuer: Mapping[str, Any]) -> AccountInfo:
    """The account, from ``issuer/details``."""
    return AccountInfo(external_id=identifier(issuer.get("id")), name=_text(issuer.get("name")))


def images(designs: Iterable[Any]) -> dict[str, str]:
    """Image address by design id, from the rows of ``designs/search``."""
    return {
        identifier(row.get("id")): row["rasterized_content_url"]
        for row in designs
        if isinstance(row, dict) and _text(row.get("rasterized_content_url"))
    }


def template(row: Any, images: Mapping[str, str], *, where: str) -> TemplateData | UnreadableRow:
    """A group as a template, whose name is the one that recipients see. Groups have no state: what exists is active."""
    if not isinstance(row, dict):
        return UnreadableRow(where=where, why="it is not an object")
    external_id = identifier(row.get("id"))
    if not external_id:
        return UnreadableRow(where=where, why="it has no id")
    shown = (images.get(identifier(row.get(key)), "") for key in IMAGE_KEYS)
    return TemplateData(
        external_id=external_id,
        name=_text(row.get("course_name")) or _text(row.get("name")) or f"Group {external_id}",
        description=_text(row.get("course_description")),
        image_url=next(filter(None, shown), ""),
        url=_text(row.get("course_link")),
        raw=row,
    )


def credential(order: IssueOrder) -> dict[str, Any]:
    """What to send to create the badge. Raises `Rejected` if the template is no group of Accredible's."""
    sent: dict[str, Any] = {
        "id": order.key,
        "group_id": group_id(order),
        "recipient": {
            "id": order.recipient.id,
            "name": order.recipient.full_name.strip() or NAMELESS,
            "email": _address(order.recipient.email),
        },
        "issued_on": _day(order.issued_at),
        "complete": True,
        "approve": True,
        "evidence_items": [
            {
                "description": ": ".join(filter(None, (evidence.name, evidence.description))),
                "url": evidence.url,
                "category": "url",
            }
            for evidence in order.evidence
        ],
        "meta_data": {"award_key": order.key},
    }
    if order.expires_at:  # A null might overrule the expiry that the group sets by itself.
        sent["expired_on"] = _day(order.expires_at)
    return sent


def expiry(day: date) -> dict[str, Any]:
    """What to send to let a credential expire on that day."""
    return {"expired_on": day.isoformat()}


def group_id(order: IssueOrder) -> int:
    """The group's number. Raises `Rejected` if the template's id is none."""
    if not (order.template_id.isascii() and order.template_id.isdecimal()):
        raise Rejected(f"Accredible's groups are numbers, and the template's id is {order.template_id!r}")
    return int(order.template_id)


def searches(order: IssueOrder) -> tuple[dict[str, Any], ...]:
    """Queries that can find the badge of an order: by our id of it, by our id of the learner, and by their address."""
    group = {"group.id": group_id(order)}
    return (
        {"license_id": order.key},
        {**group, "recipient_id": order.recipient.id},
        {**group, "recipient_email": _address(order.recipient.email)},
    )


def is_ours(row: Mapping[str, Any], order: IssueOrder) -> bool:
    """Whether a credential, as version 1 tells it, is of the order's group and learner.

    The learner's id decides where the credential has one, since two learners may share an address over time.
    """
    if identifier(row.get("group_id")) != str(group_id(order)):
        return False
    recipient = row.get("recipient")
    if not isinstance(recipient, dict):
        return False
    if holder := identifier(recipient.get("id")):
        return holder == order.recipient.id
    return _address(_text(recipient.get("email"))) == _address(order.recipient.email)


def says_taken(body: Mapping[str, Any]) -> bool:
    """Whether a refusal to create means that the group's credential for this address, or our id, is there already.

    How the single create says so is not documented: a map of fields and a plain string are both in use elsewhere in
    this API. The words are those of the bulk create, and nothing else in the request has to be unique.
    """
    return "already been taken" in str(body)


def receipt(row: Mapping[str, Any], today: date) -> Receipt:
    """What a credential says, given today's date in UTC.

    Accredible has no word for the state. It takes a credential without credits left, and keeps it unpublished
    (``approve: false``) until a person buys some and publishes it: https://docs.api.accredible.com.
    """
    approve, expired_on = row.get("approve"), _date(row.get("expired_on"))
    if expired_on and expired_on < today:
        state, raw_state = BadgeState.EXPIRED, "expired"
    elif approve is True:
        state, raw_state = BadgeState.ACCEPTED, "approved"
    elif approve is False:
        state, raw_state = BadgeState.PENDING, "unpublished"
    else:
        state, raw_state = BadgeState.UNKNOWN, f"approve is {approve!r}"
    return Receipt(
        external_id=identifier(row.get("id")),
        state=state,
        raw_state=raw_state,
        url=_text(row.get("url")),
        as_of=_moment(row.get("updated_at")),
        raw=row,
    )


def identifier(value: object) -> str:
    """An id as text, whether it came as a number or as a string; empty if it is neither."""
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _address(email: str) -> str:
    """Lower-cased, as Accredible's own client sends and searches it: github.com/accredible/moodle-mod_accredible."""
    return email.strip().lower()


def _day(moment: datetime) -> str:
    """The date in UTC. Accredible takes dates only; it would cut a time off in a zone that it does not name."""
    return moment.astimezone(UTC).date().isoformat()


def _date(value: object) -> date | None:
    """A date that may have come as a full timestamp."""
    try:
        return date.fromisoformat(_text(value)[:10])
    except ValueError:
        return None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(value))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
