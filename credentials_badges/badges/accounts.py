"""Accounts are made known, and their keys are checked with the provider and watched as they grow old."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from credentials_badges.badges import conf, doorbell
from credentials_badges.badges.models import ProviderAccount
from credentials_badges.contract.data import Option
from credentials_badges.contract.errors import Misconfigured

log = logging.getLogger(__name__)

VERIFIED = (
    *("external_id", "name", "paused_reason", "paused_until", "failures"),
    *("key_set_at", "key_expires_at", "key_warned_days"),
)
"""The columns that `verify` sets."""


def verify(account: ProviderAccount) -> None:
    """Ask the provider whether the key works; takes over what it says of the account, lifts a pause, saves nothing.

    Raises ProviderError, or UnknownProvider.
    """
    info = account.adapter.check(account.as_data())
    if account.external_id and account.external_id != info.external_id:
        raise Misconfigured(f"this key belongs to the account {info.external_id}, not to {account.external_id}")
    if not 0 < len(info.external_id) <= 255:
        raise Misconfigured("the provider's answer does not name an id of the account that can be kept")
    account.external_id = info.external_id
    account.name = account.name or info.name[:255]
    account.paused_reason, account.paused_until, account.failures = "", None, 0
    stored = ProviderAccount.objects.filter(provider=account.provider, external_id=account.external_id).first()
    if stored is None or stored.api_key != account.api_key:
        account.key_set_at, account.key_warned_days = timezone.now(), None
    by_age = account.key_set_at + timedelta(days=info.key_days) if account.key_set_at and info.key_days else None
    account.key_expires_at = info.key_expires_at or by_age


def resume() -> None:
    """After a check that succeeded and was saved: what had to wait may go."""
    doorbell.ring(doorbell.DELIVERIES)
    doorbell.ring(doorbell.HINTS)


def watch_key(account: ProviderAccount, now: datetime) -> str:
    """The warning that is due about the age of the account's key, told once for each of the days; saves that it was."""
    if not account.key_expires_at:
        return ""
    days = max((account.key_expires_at - now).days, 0)
    passed = [limit for limit in conf.KEY_WARNING_DAYS if account.key_expires_at <= now + timedelta(days=limit)]
    nearest = min(passed, default=None)
    ProviderAccount.objects.filter(pk=account.pk).update(key_warned_days=nearest)
    if nearest is None or (account.key_warned_days is not None and account.key_warned_days <= nearest):
        return ""
    when = f"in {days} days" if account.key_expires_at > now else "by now"
    return f"the key of {account} expires {when} ({account.key_expires_at:%Y-%m-%d}); make a new one and enter it here"


def chosen_options(options: Mapping[str, str], known: Sequence[Option]) -> dict[str, str]:
    """The options without those that stay at their default. Raises ValueError naming one that cannot be."""
    by_name = {option.name: option for option in known}
    for name, value in options.items():
        option = by_name.get(name)
        if option is None:
            raise ValueError(f"there is no option {name!r}; there are: {', '.join(by_name) or 'none'}")
        if option.choices and value and value not in option.choices:
            shown = ", ".join(filter(None, option.choices[:20])) + (", …" if len(option.choices) > 20 else "")
            raise ValueError(f"the option {name} cannot be {value!r}; choose from: {shown}")
    return {name: value for name, value in options.items() if value and value != by_name[name].default}
