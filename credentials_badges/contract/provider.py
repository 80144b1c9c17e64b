"""The one contract that every adapter keeps; `tests/contract_suite.py` proves it for each of them."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from credentials_badges.contract.data import (
    Account,
    AccountInfo,
    BadgeChanged,
    Change,
    Hint,
    IssueOrder,
    Option,
    Receipt,
    RevokeOrder,
    TemplateData,
    UnreadableRow,
)
from credentials_badges.contract.errors import Misconfigured, ProviderError, RateLimited, Rejected, Retriable


class Provider(ABC):
    """An outside system that holds badges. Adapters translate; they decide, store and retry nothing.

    Every method that calls the provider may raise `Retriable`, `Rejected` or `Misconfigured`; those that write may
    raise `OutcomeUnknown`. What has a body here is an ability that a provider may lack.
    """

    slug: ClassVar[str]
    """The name in rows and addresses, such as ``credly``. It never changes."""
    name: ClassVar[str]
    """The name that people read, such as ``Credly``."""
    base_urls: ClassVar[Mapping[str, str]] = {}
    """Where the API is, by names such as ``production``, the usual one first; empty if it lives in this process."""
    lag: ClassVar[float] = 0.0
    """Seconds after which `find` can be trusted to see what `issue` stored."""
    batch: ClassVar[int] = 1
    """How many orders `issue_many` takes at most; 1 if the provider takes them one by one."""
    webhooks: ClassVar[bool] = False
    """Whether it sends webhooks, for which `read_webhook` and `resolve` are needed."""
    erases: ClassVar[bool] = False
    """Whether it deletes badges for good, with all that they say of the learner, for which `erase` is needed."""
    secret_ids: ClassVar[bool] = False
    """Whether a badge's id lets whoever has it accept the badge: until somebody has, few may see it."""
    options: ClassVar[Sequence[Option]] = ()
    """What can be chosen for each account."""

    @abstractmethod
    def check(self, account: Account) -> AccountInfo:
        """Ask the provider whether the key works, and for the account's name and id."""

    @abstractmethod
    def list_templates(self, account: Account) -> Iterator[TemplateData | UnreadableRow]:
        """Every template of the account, page by page and each one once, in any state that the provider shows."""

    @abstractmethod
    def list_badges(self, account: Account) -> Iterator[Receipt | UnreadableRow]:
        """Every badge that the account holds, live or not, page by page and each one once."""

    @abstractmethod
    def issue(self, account: Account, order: IssueOrder) -> Receipt:
        """Issue one badge, or release the one that `order.waiting_id` names.

        Raises `AlreadyIssued` if the provider says that the learner holds it. With `order.again`, what is known to be
        another badge is no reason to refuse: raises `Rejected`, saying what to do, if the provider insists.
        """

    def issue_many(self, account: Account, orders: Sequence[IssueOrder]) -> list[Receipt | ProviderError]:
        """Issue up to `batch` badges, none of them tried before; what became of each, in the same order.

        One that was not sent is a `Retriable`: it goes by itself then. Raises only what befell all of them alike.
        """
        results: list[Receipt | ProviderError] = []
        for order in orders:
            try:
                results.append(self.issue(account, order))
            except ProviderError as error:
                results.append(error)
                if isinstance(error, Misconfigured | RateLimited):
                    break
        return [*results, *(Retriable("not sent") for _ in orders[len(results) :])]

    @abstractmethod
    def find(self, account: Account, order: IssueOrder) -> Receipt | None:
        """The live badge that an earlier try of `issue` made, or one that is the same for the learner.

        Never a badge of another recipient, never one of `order.taken`, never a revoked one.
        """

    @abstractmethod
    def revoke(self, account: Account, order: RevokeOrder) -> Receipt:
        """Take the badge back. Calm if that has happened already, or if the badge is gone."""

    def update(self, account: Account, order: IssueOrder, external_id: str) -> Receipt:
        """Bring the badge's name and address in line with the order; its external id may be another one afterwards.

        Calm if that has happened already.
        """
        raise Rejected(f"{self.name} cannot change a badge that has been issued")

    def erase(self, account: Account, order: IssueOrder, external_id: str) -> Receipt:
        """Delete the badge for good, and whatever stood in its place before; calm if it is gone.

        The order knows the learner by our own id only: name and address are empty by then.
        """
        raise Rejected(f"{self.name} deletes nothing; ask it to erase the badge {external_id}")

    def changes(self, account: Account, since: datetime) -> Iterator[Change]:
        """What has changed there since then, in as few calls as possible; more than that does no harm.

        Deletions need not be among them. Unless the provider can tell less, these are all its badges.
        """
        for badge in self.list_badges(account):
            if isinstance(badge, Receipt):
                yield BadgeChanged(receipt=badge)

    def read_webhook(self, body: bytes) -> Hint:
        """What a webhook hints at, read without any call. Raises ValueError, saying why it is none of this provider."""
        raise ValueError(f"{self.name} sends no webhooks")

    def resolve(self, account: Account, hint: Hint) -> Iterable[Change]:
        """Ask the provider, with our own key, what is true about the thing that the hint is about.

        Raises `NotFound` if the provider does not know of it.
        """
        return ()
