"""Accredible's words turned into ours and back: pure functions, without a call and without a clock.

Their group is our template, their credential our badge (https://docs.api.accredible.com). Ids come as numbers from
some calls and as strings from others; here they are strings.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, TypeGuard

from credentials_badges.contract.data import AccountInfo, IssueOrder, Receipt, TemplateData, UnreadableRow
from credentials_badges.contract.errors import Rejected
from credentials_badges.contract.states import BadgeState

NAMELESS = "Learner"
"""The recipient's name where we know none: Accredible demands one and shows it on a public page, so it must not be
made from the address."""

WAITING = "stored at Accredible, but not published: no credits are left, or the account is in sandbox mode"

TAKEN = re.compile(r"\btaken\b")
EVERY_DAY = date(2000, 1, 1)
"""Before Accredible was founded, so that everything there is newer."""

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
    """A group as a template, whose name is the one that recipients see. Groups have no state: what exists is active.

    Accredible calls the learning outcomes keywords of skills (https://docs.api.accredible.com). Its achievement type is
    the kind of thing (an award, a certificate) rather than a level, and it knows neither durations nor costs.
    """
    if unreadable := _unreadable(row, where):
        return unreadable
    external_id = identifier(row["id"])
    shown = (images.get(identifier(row.get(key)), "") for key in IMAGE_KEYS)
    outcomes, category, link = row.get("learning_outcomes"), row.get("skill_category"), _text(row.get("course_link"))
    skills = [*(outcomes if isinstance(outcomes, list) else ()), category.get("name") if _is_row(category) else ""]
    return TemplateData(
        external_id=external_id,
        name=_text(row.get("course_name")) or _text(row.get("name")) or f"Group {external_id}",
        description=_text(row.get("course_description")),
        image_url=next(filter(None, shown), ""),
        url=link,
        criteria=(link,) if link else (),
        skills=tuple(filter(None, map(_text, skills))),
        raw=row,
    )


def credential(order: IssueOrder, zone: tzinfo) -> dict[str, Any]:
    """What to send to create the badge. Raises `Rejected` if the template is no group of Accredible's."""
    issued_on = _day(order.issued_at, zone)
    sent: dict[str, Any] = {
        "id": order.key,
        **holder(order),
        "issued_on": issued_on.isoformat(),
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
        # The day of the issue itself would say that it has been revoked.
        sent["expired_on"] = max(_day(order.expires_at, zone), issued_on + timedelta(days=1)).isoformat()
    return sent


def holder(order: IssueOrder) -> dict[str, Any]:
    """What to send to say whose credential it is. An update may need all of it: older documentation required it."""
    return {
        "group_id": group_id(order),
        "recipient": {
            "id": order.recipient.id,
            "name": order.recipient.full_name.strip() or NAMELESS,
            "email": address(order.recipient.email),
        },
    }


def publication() -> dict[str, Any]:
    """What to send to publish a credential that waits."""
    return {"approve": True}


def expiry(day: date) -> dict[str, Any]:
    """What to send to let a credential expire on that day."""
    return {"expired_on": day.isoformat()}


def group_id(order: IssueOrder) -> int:
    """The group's number. Raises `Rejected` if the template's id is none."""
    if not is_group(order.template_id):
        raise Rejected(f"Accredible's groups are numbers, and the template's id is {order.template_id!r}")
    return int(order.template_id)


def is_group(template_id: str) -> bool:
    """Whether it can be the id of a group."""
    return template_id.isascii() and template_id.isdecimal()


def searches(order: IssueOrder) -> tuple[dict[str, Any], ...]:
    """Queries that can find the badge of an order: by our id of it, by our id of the learner, and by their address."""
    group = {"group.id": group_id(order)}
    return (
        {"license_id": order.key},
        {**group, "recipient_id": order.recipient.id},
        {**group, "recipient_email": address(order.recipient.email)},
    )


def updated_since(day: date) -> dict[str, Any]:
    """The query for all that was written on that day or later; an empty one might be refused, since it is required."""
    return {"updated_at[gte]": day.isoformat()}


def day_before(moment: datetime) -> date:
    """A day that surely is before the moment, in whatever zone Accredible reckons."""
    return moment.astimezone(UTC).date() - timedelta(days=1)


def is_ours(row: Mapping[str, Any], order: IssueOrder) -> bool:
    """Whether a credential, as version 1 tells it, is of the order's group and learner.

    Our own reference decides, and then the learner's id, since two learners may share an address over time. Only a
    credential without either is judged by its address.
    """
    key, learner, email = reference(row), _learner_id(row), email_of(row)
    if identifier(row.get("group_id")) != str(group_id(order)):
        return False
    if key == order.key:
        return True
    if learner:
        return learner == order.recipient.id
    return not key and email != "" and email == address(order.recipient.email)


def contradicts(row: Mapping[str, Any], order: IssueOrder) -> bool:
    """Whether the answer to a create names another group, promise or learner; what it leaves out may be right."""
    if identifier(row.get("group_id")) not in {"", str(group_id(order))}:
        return True
    recipient = order.recipient
    named = ((reference(row), order.key), (_learner_id(row), recipient.id), (email_of(row), address(recipient.email)))
    return next((told != ours for told, ours in named if told), False)  # The surest of them decides.


def says(row: Mapping[str, Any], order: IssueOrder) -> bool:
    """Whether the credential has the learner's name and address already."""
    wanted = holder(order)["recipient"]
    return (_recipient(row).get("name"), email_of(row)) == (wanted["name"], wanted["email"])


def reference(row: Mapping[str, Any]) -> str:
    """Our own id of the promise that a credential keeps; empty if it was issued by other means."""
    meta_data = row.get("meta_data")
    return identifier(meta_data.get("award_key") if _is_row(meta_data) else None) or identifier(row.get("license_id"))


def email_of(row: Mapping[str, Any]) -> str:
    """The learner's address in a row of version 1, as we compare it."""
    return address(_text(_recipient(row).get("email")))


def says_taken(body: Mapping[str, Any]) -> bool:
    """Whether a refusal to create means that the group's credential for this address, or our id, is there already.

    How the single create says so is not documented: a map of fields and a plain string are both in use elsewhere in
    this API. The words are those of the bulk create, and nothing else in the request has to be unique.
    """
    return bool(TAKEN.search(str(body)))


def receipt(row: Mapping[str, Any], today: date) -> Receipt:
    """What a credential says, given today's date where the account is; a row of version 1.

    Accredible has no word for the state. It takes a credential without credits left, and keeps it unpublished
    (``approve: false``) until a person buys some and publishes it: https://docs.api.accredible.com. One that expires
    on the day of its issue or before has been revoked.
    """
    approve, expired_on, issued_on = row.get("approve"), date_of(row.get("expired_on")), date_of(row.get("issued_on"))
    waiting = ""
    if expired_on and (expired_on < today or (issued_on and expired_on <= issued_on)):
        state, raw_state = BadgeState.EXPIRED, "expired"
    elif approve is True:
        state, raw_state = BadgeState.ACCEPTED, "approved"
    elif approve is False:
        state, raw_state, waiting = BadgeState.PENDING, "unpublished", WAITING
    else:
        state, raw_state = BadgeState.UNKNOWN, f"approve is {approve!r}"
    return Receipt(
        external_id=identifier(row.get("id")),
        state=state,
        raw_state=raw_state,
        url=_text(row.get("url")),
        as_of=_moment(row.get("updated_at")),
        template_id=identifier(row.get("group_id")),
        recipient_id=_learner_id(row),
        waiting=waiting,
        raw=row,
    )


def promised(row: Mapping[str, Any], order: IssueOrder, today: date) -> Receipt:
    """What a credential says that is the order's: not every answer to a write names its group and learner as we do."""
    return replace(receipt(row, today), template_id=order.template_id, recipient_id=order.recipient.id)


def listed(row: Any, today: date, *, where: str) -> Receipt | UnreadableRow:
    """What a row of a list says: a credential as version 1 tells it, or a flat row from the search of version 2."""
    if unreadable := _unreadable(row, where):
        return unreadable
    said, group = receipt(row, today), row.get("group")
    return replace(
        said,
        template_id=said.template_id or identifier(group.get("id") if _is_row(group) else None),
        recipient_id=said.recipient_id or identifier(row.get("recipient_id")),
    )


def identifier(value: object) -> str:
    """An id as text, whether it came as a number or as a string; empty if it is neither."""
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""


def _unreadable(row: Any, where: str) -> UnreadableRow | None:
    if not _is_row(row):
        return UnreadableRow(where=where, why="it is not an object")
    return None if identifier(row.get("id")) else UnreadableRow(where=where, why="it has no id")


def _recipient(row: Mapping[str, Any]) -> Mapping[str, Any]:
    recipient = row.get("recipient")
    return recipient if _is_row(recipient) else {}


def _learner_id(row: Mapping[str, Any]) -> str:
    """Our own id of the learner. A number may be Accredible's own, as its examples show, so that it says nothing."""
    learner = identifier(_recipient(row).get("id"))
    return "" if learner.isdecimal() else learner


def _is_row(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def address(email: str) -> str:
    """Lower-cased, as Accredible's own client sends and searches it: github.com/accredible/moodle-mod_accredible."""
    return email.strip().lower()


def _day(moment: datetime, zone: tzinfo) -> date:
    """The date in that zone. Accredible takes dates only; it would cut a time off in a zone that it does not name."""
    return moment.astimezone(zone).date()


def date_of(value: object) -> date | None:
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
