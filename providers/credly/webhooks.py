"""What Credly tells of its own accord: webhooks, and the events behind them.

A webhook is not signed, so it is a hint only: the event is fetched by its id with our key, and the thing that it is
about is read once more. Reference: https://www.credly.com/docs/webhooks
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import pairwise

from credentials_badges.contract.data import BadgeChanged, BadgeGone, Change, Hint, TemplateChanged, TemplateGone
from credentials_badges.contract.errors import Misconfigured, NotFound, Rejected, Retriable
from credentials_badges.http import UNSTORABLE
from providers.credly import mapping
from providers.credly.client import ID, CredlyClient

EVENT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONGEST_KIND = 100


def read_webhook(body: bytes) -> Hint:
    """What the body hints at. Raises ValueError, saying why it is no webhook of Credly."""
    try:
        fields = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON in UTF-8") from None
    told = fields if isinstance(fields, dict) else {}
    event_id, organization_id, kind = (told.get(key) for key in ("id", "organization_id", "event_type"))
    if not isinstance(event_id, str) or not EVENT_ID.fullmatch(event_id):
        raise ValueError("its id is not the id of a Credly event")
    if not isinstance(organization_id, str) or not ID.fullmatch(organization_id):
        raise ValueError("its organization_id is not the id of a Credly organization")
    kind = "" if kind is None else kind
    if not isinstance(kind, str) or UNSTORABLE.search(kind) or len(kind) > LONGEST_KIND:
        raise ValueError("its event_type is not a word")
    return Hint(delivery_id=event_id, account_id=organization_id, kind=kind)


def resolve(client: CredlyClient, hint: Hint) -> list[Change]:
    """What is true now about the thing that the event is about. Nothing that the webhook claimed counts."""
    try:
        event = mapping.event(_event(client, hint.delivery_id))
        if event.organization_id != client.account.external_id:
            raise NotFound("the event is one of another organization at Credly")
        if event.kind in mapping.TEMPLATE_EVENTS:
            return [_template_now(client, event.thing_id)]
        return _badge_now(client, event) if event.kind in mapping.BADGE_EVENTS else []
    except mapping.UnreadableError as error:
        raise Retriable(f"Credly's answer about the event cannot be used: {error}") from None


def changes(client: CredlyClient, since: datetime) -> list[Change]:
    """The last change of each thing since then as the events tell it, oldest first."""
    newest: dict[tuple[bool, str], tuple[datetime, Change]] = {}
    for event in _events(client, since):
        key = (event.kind in mapping.BADGE_EVENTS, event.thing_id)
        if key not in newest or newest[key][0] < event.occurred_at:
            with suppress(mapping.UnreadableError):
                newest[key] = (event.occurred_at, mapping.change(event))
    return [change for _, change in sorted(newest.values(), key=lambda dated: dated[0])]


def _events(client: CredlyClient, since: datetime) -> Iterator[mapping.Event]:
    """Ours since then. The order of the list is not documented: it is left early only where it goes back in time."""
    for _, rows in client.event_pages():
        page = list(_readable(rows))
        ours = (event for event in page if event.organization_id == client.account.external_id)
        known = (event for event in ours if event.kind in mapping.TEMPLATE_EVENTS | mapping.BADGE_EVENTS)
        yield from (event for event in known if event.occurred_at >= since)
        times = [event.occurred_at for event in page]
        backward = all(later >= earlier for later, earlier in pairwise(times))
        if times and backward and times[-1] < min(times[0], since):
            return


def _event(client: CredlyClient, event_id: str) -> object:
    """The event's row. That a good key may not read events is no trouble of the account: anybody can send a webhook."""
    try:
        return client.event(event_id)
    except Misconfigured:
        client.organization()  # Raises it again if the key is not good for anything.
        raise Rejected("this key may not read events at Credly") from None


def _readable(rows: list[object]) -> Iterator[mapping.Event]:
    for row in rows:
        with suppress(mapping.UnreadableError):
            yield mapping.event(row)


def _template_now(client: CredlyClient, template_id: str) -> Change:
    try:
        return TemplateChanged(template=mapping.template(client.template(template_id)))
    except NotFound:
        client.organization()  # Raises `Misconfigured` if it is this that Credly does not know.
        return TemplateGone(external_id=template_id)


def _badge_now(client: CredlyClient, event: mapping.Event) -> list[Change]:
    """The badge as it is, from the learner's list if it cannot be read by itself.

    What the event has is older than a deletion may be, so it counts only where the list cannot be asked. A new badge
    may not be on the list yet.
    """
    try:
        return [BadgeChanged(receipt=mapping.receipt(client.badge(event.thing_id)))]
    except NotFound:
        told = mapping.change(event)
    if not isinstance(told, BadgeChanged) or not (told.receipt.recipient_id and told.receipt.template_id):
        return [told]
    rows = client.badges(issuer_earner_id=told.receipt.recipient_id, badge_template_id=told.receipt.template_id)
    for badge in mapping.receipts(rows):
        if badge.external_id == event.thing_id:
            return [BadgeChanged(receipt=badge)]
    return [] if event.kind == "badge.created" else [BadgeGone(external_id=event.thing_id)]
