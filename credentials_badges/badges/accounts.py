"""Accounts are made known, and their keys are checked with the provider before anything is saved."""

from credentials_badges.badges import doorbell
from credentials_badges.badges.models import ProviderAccount
from credentials_badges.contract.errors import Misconfigured


def verify(account: ProviderAccount) -> None:
    """Ask the provider whether the key works; takes over its name and id, and lifts a pause. Saves nothing.

    Raises ProviderError, or UnknownProvider.
    """
    info = account.adapter.check(account.as_data())
    if account.external_id and account.external_id != info.external_id:
        raise Misconfigured(f"this key belongs to the account {info.external_id}, not to {account.external_id}")
    if not 0 < len(info.external_id) <= 255:
        raise Misconfigured("the provider's answer does not name an id of the account that can be kept")
    account.external_id = info.external_id
    account.name = account.name or info.name[:255]
    account.paused_reason = ""


def resume() -> None:
    """After a check that succeeded and was saved: what had to wait may go."""
    doorbell.ring(doorbell.ISSUANCES)
