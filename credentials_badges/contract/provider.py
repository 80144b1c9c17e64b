"""The one contract that every adapter keeps; `tests/contract_suite.py` proves it for each of them."""

from collections.abc import Iterator
from typing import Protocol

from credentials_badges.contract.data import (
    Account,
    AccountInfo,
    IssueOrder,
    Receipt,
    RevokeOrder,
    TemplateData,
    UnreadableRow,
)


class Provider(Protocol):
    """An outside system that holds badges. Adapters translate; they decide, store and retry nothing.

    Every method may raise `Retriable`, `Rejected` or `Misconfigured`; those that write may raise `OutcomeUnknown`.
    """

    @property
    def slug(self) -> str:
        """The name in rows and addresses, such as ``credly``. It never changes."""

    @property
    def name(self) -> str:
        """The name that people read, such as ``Credly``."""

    @property
    def default_base_url(self) -> str:
        """Where the API is for an account that names no address of its own; empty if it lives in this process."""

    @property
    def lag(self) -> float:
        """Seconds after which `find` can be trusted to see what `issue` stored."""

    def check(self, account: Account) -> AccountInfo:
        """Ask the provider whether the key works, and for the account's name and id."""

    def list_templates(self, account: Account) -> Iterator[TemplateData | UnreadableRow]:
        """Every template of the account, page by page and each one once, in any state that the provider shows."""

    def issue(self, account: Account, order: IssueOrder) -> Receipt:
        """Issue one badge. Raises `AlreadyIssued` if the provider says that the learner holds it."""

    def find(self, account: Account, order: IssueOrder) -> Receipt | None:
        """The live badge that an earlier try of `issue` made, or one that is the same for the learner.

        Never a badge of another recipient, never one of `order.taken`, never a revoked one.
        """

    def revoke(self, account: Account, order: RevokeOrder) -> Receipt:
        """Take the badge back. Calm if that has happened already, or if the badge is gone."""
