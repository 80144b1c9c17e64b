"""Between Laurel's rows and the contract's data. Pure: nothing here calls anybody."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from credentials_badges.contract.data import AccountInfo, Hint, IssueOrder, Receipt, TemplateData
from credentials_badges.contract.states import LIVE_STATES, BadgeState, TemplateState
from laurel_badges.client import SLUG

TEMPLATE_STATES = {"draft": TemplateState.DRAFT, "open": TemplateState.ACTIVE, "closed": TemplateState.ARCHIVED}
BADGE_STATES = {
    "offered": BadgeState.PENDING,
    "worn": BadgeState.ACCEPTED,
    "declined": BadgeState.REJECTED,
    "lapsed": BadgeState.EXPIRED,
}


class UnreadableError(ValueError):
    """A row that cannot be used; the message completes a sentence, such as ``it has no slug``."""


def account_info(row: object) -> AccountInfo:
    """From the row of a house. Raises `UnreadableError`."""
    fields = _with_slug(row)
    return AccountInfo(external_id=fields["slug"], name=_text(fields, "title"))


def template(row: object) -> TemplateData:
    """From the row of a laurel. Raises `UnreadableError`."""
    fields = _with_slug(row)
    return TemplateData(
        external_id=fields["slug"],
        name=_text(fields, "title") or fields["slug"],
        description=_text(fields, "about"),
        # A word that Laurel may invent one day is not known to mean issuable.
        state=TEMPLATE_STATES.get(_text(fields, "status"), TemplateState.ARCHIVED),
        raw=fields,
    )


def receipt(row: object) -> Receipt:
    """From the row of a wreath. Raises `UnreadableError`."""
    fields = _with_slug(row)
    status = _text(fields, "status")
    return Receipt(
        external_id=fields["slug"],
        state=BADGE_STATES.get(status, BadgeState.UNKNOWN),
        raw_state=status,
        url=_text(fields, "page"),
        template_id=_text(fields, "laurel"),
        recipient_id=_text(fields, "learner"),
        raw=fields,
    )


def receipt_for(row: object, order: IssueOrder) -> Receipt:
    """The same, of a wreath that was given for the order. Raises `UnreadableError` also if it is another one."""
    badge = receipt(row)
    if (badge.template_id, badge.recipient_id) != (order.template_id, order.recipient.id):
        raise UnreadableError("it is about another laurel or another learner")
    return badge


def fulfils(badge: Receipt, order: IssueOrder) -> bool:
    """Whether it is a live badge of this template and this learner, and none that is known to be another of ours."""
    same = (badge.template_id, badge.recipient_id) == (order.template_id, order.recipient.id)
    return same and badge.state in LIVE_STATES and badge.external_id not in order.taken


def learner(order: IssueOrder) -> dict[str, Any]:
    """The body that says whose a wreath is."""
    return {"learner": {"id": order.recipient.id, "email": order.recipient.email, "name": order.recipient.full_name}}


def wreath(order: IssueOrder, *, mail: bool) -> dict[str, Any]:
    """The body that asks for a wreath."""
    return {
        **learner(order),
        "reference": order.key,
        "laurel": order.template_id,
        "given_at": order.issued_at.isoformat(),
        "lapses_at": order.expires_at and order.expires_at.isoformat(),
        "evidence": [asdict(each) for each in order.evidence],
        "mail": mail,
    }


def notice(row: object) -> tuple[str, str]:
    """What a notice is about: ``laurels`` or ``wreaths``, and the id of the one. Raises `UnreadableError`."""
    fields = _with_slug(row)
    if _text(fields, "collection") not in {"laurels", "wreaths"}:
        raise UnreadableError("it is about no laurel and no wreath")
    return fields["collection"], fields["slug"]


def hint(body: bytes) -> Hint:
    """From a webhook. Raises ValueError, saying why it is none of Laurel's."""
    try:
        told = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON in UTF-8") from None
    if not isinstance(told, dict) or not all(SLUG.fullmatch(_text(told, key)) for key in ("notice", "house")):
        raise ValueError("it names no notice and no house of Laurel")
    return Hint(delivery_id=told["notice"], account_id=told["house"])


def _with_slug(row: object) -> dict[str, Any]:
    if not isinstance(row, dict) or not SLUG.fullmatch(_text(row, "slug")):
        raise UnreadableError("it has no slug")
    return row


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else ""
