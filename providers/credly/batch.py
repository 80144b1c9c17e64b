"""Many badges in one call, of which Credly issues all or none."""

from collections.abc import Sequence
from itertools import zip_longest

from credentials_badges.contract.data import IssueOrder, Receipt
from credentials_badges.contract.errors import OutcomeUnknown, ProviderError, Rejected, Retriable
from providers.credly import mapping
from providers.credly.bodies import issue_body
from providers.credly.client import CredlyClient
from providers.credly.issuing import named

SIZE = 30
"""Credly names no limit; this is what others are seen to send."""
MOST_CALLS = 3
"""After so many rows that spoilt the call, the others go by themselves."""


def issue_many(client: CredlyClient, orders: Sequence[IssueOrder]) -> list[Receipt | ProviderError]:
    """What became of each order. One that Credly names as the reason of a refusal is left out of the next call.

    A lost answer leaves the orders of that one call in doubt; it is raised only if those are all there are.
    """
    results: dict[int, Receipt | ProviderError] = {}
    together = _together(orders)
    for _ in range(MOST_CALLS):
        if not together:
            break
        sent = [orders[number] for number in together]
        try:
            rows = client.issue_batch([issue_body(client.account, order) for order in sent])
        except Rejected as refusal:
            index = mapping.error_index(refusal.body)
            if index is not None and index < len(sent):
                results[together.pop(index)] = named(refusal)
                continue
        except ProviderError as error:
            if len(sent) == len(orders):
                raise
            results |= dict.fromkeys(together, error)
        else:
            results |= dict(zip(together, _receipts(rows, sent), strict=True))
        break
    return [results.get(number, Retriable("not sent together with the others")) for number in range(len(orders))]


def _together(orders: Sequence[IssueOrder]) -> list[int]:
    """The numbers of the orders that can share a call: none is a duplicate of another, or of a badge that is out.

    Credly would refuse all of them. A batch is given no leave for duplicates, since each needs a look at the list.
    """
    together: list[int] = []
    seen: set[tuple[str, str, str]] = set()
    for number, order in enumerate(orders):
        learner = order.recipient
        marks = {(order.template_id, "id", learner.id), (order.template_id, "address", learner.email.lower())}
        one_more = order.again and order.taken and mapping.refuses_duplicates(order.template_raw)
        if not one_more and not marks & seen:
            together.append(number)
        seen |= marks
    return together


def _receipts(rows: object, orders: Sequence[IssueOrder]) -> list[Receipt | ProviderError]:
    """The badges of an answer, which has them in the order of the request; each is checked to be the right one."""
    results: list[Receipt | ProviderError] = []
    shown = rows[: len(orders)] if isinstance(rows, list) else []
    for order, row in zip_longest(orders, shown):
        try:
            results.append(mapping.receipt_among(row, order))
        except mapping.UnreadableError as error:
            results.append(OutcomeUnknown(f"Credly issued badges, but its answer on one cannot be used: {error}"))
    return results
