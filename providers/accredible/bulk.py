"""What Accredible says about many credentials at once, told apart: pure functions.

Its answer has a result for each credential, in an order that it does not promise (https://docs.api.accredible.com). A
credential names its learner, an error names nobody.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from credentials_badges.contract.data import IssueOrder, Receipt
from credentials_badges.contract.errors import AlreadyIssued, OutcomeUnknown, ProviderError, Rejected
from credentials_badges.http import ADDRESS
from providers.accredible import mapping

NO_CREDITS = "insufficient_credits"


def together(orders: Sequence[IssueOrder]) -> list[IssueOrder]:
    """The orders that one call can take: new ones, for real groups, and one of each group and address.

    A second one of an address would be told from the first by its place alone.
    """
    chosen: dict[tuple[str, str], IssueOrder] = {}
    for order in orders:
        if mapping.is_group(order.template_id) and not order.waiting_id:
            chosen.setdefault((order.template_id, mapping.address(order.recipient.email)), order)
    return list(chosen.values())


def outcomes(orders: Sequence[IssueOrder], results: Sequence[Any], today: date) -> list[Receipt | ProviderError]:
    """What became of each order, no two of which are of one group and learner.

    An error belongs to the order at its place, and is believed only if each credential is at its own place as well.
    """
    claims: defaultdict[int, list[Mapping[str, Any]]] = defaultdict(list)
    in_place = len(results) == len(orders)
    for place, result in enumerate(results):
        row = result.get("credential") if isinstance(result, dict) else None
        if isinstance(row, dict) and mapping.identifier(row.get("id")):
            whose = _whose(row, place, orders)
            in_place = in_place and whose == place
            if whose is not None:
                claims[whose].append(result)
    told: list[Receipt | ProviderError] = []
    for place, order in enumerate(orders):
        if len(claims[place]) == 1:
            told.append(_stored(claims[place][0], order, today))
        else:
            told.append(_refused(results[place]) if in_place and not claims[place] else _unknown())
    return told


def _whose(row: Mapping[str, Any], place: int, orders: Sequence[IssueOrder]) -> int | None:
    """The number of the order that a credential names: by our own id, or by the address and, where told, the group."""
    email, group = mapping.email_of(row), mapping.identifier(row.get("group_id"))
    if key := mapping.reference(row):
        fits = [number for number, order in enumerate(orders) if order.key == key]
    else:
        fits = [
            number
            for number, order in enumerate(orders)
            if mapping.address(order.recipient.email) == email and group in {"", order.template_id}
        ]
    return place if place in fits else (fits[0] if len(fits) == 1 else None)


def _stored(result: Mapping[str, Any], order: IssueOrder, today: date) -> Receipt | ProviderError:
    row = result["credential"]
    if mapping.contradicts(row, order):
        return _unknown()
    return mapping.promised({**row, "approve": False} if NO_CREDITS in _words(_error(result)) else row, order, today)


def _refused(result: Any) -> ProviderError:
    error = _error(result) if isinstance(result, dict) else None
    if not error:
        return _unknown()
    refusal = AlreadyIssued if mapping.says_taken({"error": error}) else Rejected
    words = ADDRESS.sub("[address]", " ".join(_words(error)))[:200]
    return refusal(f"Accredible refused one of several credentials: {words}", status=422)


def _error(result: Mapping[str, Any]) -> Any:
    """Accredible documents the same error under two names."""
    return result.get("errors") or result.get("error")


def _words(error: Any) -> list[str]:
    """Every text in it, from the outside in."""
    if isinstance(error, dict):
        error = list(error.values())
    if isinstance(error, list):
        return [word for inner in error for word in _words(inner)]
    return [error] if isinstance(error, str) else []


def _unknown() -> ProviderError:
    return OutcomeUnknown("Accredible did not say what became of this one of several credentials")
