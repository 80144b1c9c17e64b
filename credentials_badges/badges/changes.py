"""What has become true at a provider is applied here, whether a webhook, polling or a comparison found it out."""

from collections.abc import Iterable, Iterator
from itertools import islice

from credentials_badges.badges import conf, syncing
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Badge, ExternalState, ProviderAccount
from credentials_badges.contract.data import BadgeChanged, BadgeGone, Change, Receipt, TemplateChanged, TemplateGone
from credentials_badges.contract.states import BadgeState

GONE = "gone"
"""The raw state of a badge that the provider no longer has."""


def apply(account: ProviderAccount, changes: Iterable[Change]) -> list[str]:
    """Apply the changes; returns a sentence for each that was about something of ours.

    Our own decision is never touched: where the provider has taken back what we awarded, the two stand side by side.
    Raises ProviderError; then some may have been applied, and applying them again does no harm.
    """
    rest, told = iter(changes), []
    while chunk := list(islice(rest, conf.BATCH)):
        told += [_apply_template(account, each) for each in chunk if isinstance(each, TemplateChanged | TemplateGone)]
        told += hear(account, _receipts(chunk))
    return told


def hear(account: ProviderAccount, receipts: Iterable[Receipt]) -> list[str]:
    """Write down what the provider says about badges; in one transaction and three statements, however many."""
    by_id = {receipt.external_id: receipt for receipt in receipts}

    def note() -> list[str]:
        rows = account.badges.select_for_update().filter(external_id__in=by_id).order_by("pk")
        heard = {badge: new for badge in rows if (new := badge.hear(by_id[badge.external_id or ""]))}
        Badge.objects.bulk_update(heard, Badge.HEARD)
        ExternalState.objects.bulk_create(ExternalState.news(heard, ExternalState.How.ASKED))
        return [f"badge {badge.external_id} is {badge.external_state_raw} there" for badge in heard]

    return in_transaction(note)


def gone(external_id: str) -> Receipt:
    """What is known of a badge that the provider no longer has."""
    return Receipt(external_id=external_id, state=BadgeState.REVOKED, raw_state=GONE)


def _receipts(changes: Iterable[Change]) -> Iterator[Receipt]:
    for change in changes:
        if isinstance(change, BadgeChanged):
            yield change.receipt
        elif isinstance(change, BadgeGone):
            yield gone(change.external_id)


def _apply_template(account: ProviderAccount, change: TemplateChanged | TemplateGone) -> str:
    if isinstance(change, TemplateChanged):
        return syncing.refresh(account, change.template)
    return syncing.archive(account, change.external_id)
