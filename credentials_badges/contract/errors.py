"""What can go wrong with a provider, named by what cures it rather than by a status code.

Messages are shown to administrators and written to logs: they never hold a key or a learner's address.
"""

from collections.abc import Mapping
from typing import Any


class ProviderError(Exception):
    """The base of everything that an adapter may raise."""


class Retriable(ProviderError):
    """Nothing happened there; the same call may succeed later."""

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after
        """Seconds that the provider asked us to wait (its Retry-After), if it did."""


class OutcomeUnknown(Retriable):
    """The answer was lost after sending: it may have happened, so look before sending again."""


class RateLimited(Retriable):
    """Nothing happened there, and every other call on the account has to wait as well."""


class NotYet(Retriable):
    """The provider is well, but this one has to wait: what is there cannot be seen yet, or is still in the way."""


class Rejected(ProviderError):
    """The provider understood and said no. A person has to change something."""

    def __init__(self, message: str, *, status: int | None = None, body: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = body or {}
        """The provider's JSON answer, for the adapter to read; it may name a learner, so it is never shown."""


class NotFound(Rejected):
    """The thing that was asked for is not there."""


class AlreadyIssued(Rejected):
    """The learner holds this badge there already: find it and adopt it."""


class Misconfigured(ProviderError):
    """Every call on this account will fail until a person mends its key or its address."""


class UnknownProvider(Misconfigured):
    """No adapter of that name is installed: until it is again, its accounts wait."""
