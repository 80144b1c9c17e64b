"""What is chosen for each account, and what follows from it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from credentials_badges.contract.data import Account, Option
from credentials_badges.contract.errors import Misconfigured
from credentials_badges.contract.words import gettext_noop as _

TIME_ZONE = Option(
    name="time_zone",
    label=_("Time zone"),
    help=_("Accredible keeps days without a time: the zone in which the day of an award or of an expiry is reckoned."),
    default="UTC",
    choices=tuple(sorted({"UTC", *available_timezones()})),
)
REVOKE_BY = Option(
    name="revoke_by",
    label=_("Revoke by"),
    help=_(
        "Accredible knows no revocation. 'expire' keeps the credential and its page, shown as expired; 'delete' "
        "removes both for good."
    ),
    default="expire",
    choices=("expire", "delete"),
)


def zone(account: Account) -> ZoneInfo:
    """The zone of the account's days. Raises `Misconfigured` if there is none of that name."""
    name = _chosen(account, TIME_ZONE)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # Unknown; a path out of the list of zones; a folder in it.
        raise Misconfigured(f"there is no time zone {name!r}") from None


def today(account: Account) -> date:
    """The day it is where the account is."""
    return datetime.now(UTC).astimezone(zone(account)).date()


def last_days(account: Account) -> list[date]:
    """Today where the account is, and days before it, the first of which is over both there and in UTC."""
    now, day = datetime.now(UTC).date(), today(account)
    return sorted({min(now, day) - timedelta(days=1), day - timedelta(days=1), day})


def deletes(account: Account) -> bool:
    """Whether revoking means deleting."""
    return _chosen(account, REVOKE_BY) == "delete"


def _chosen(account: Account, option: Option) -> str:
    return account.options.get(option.name) or option.default
