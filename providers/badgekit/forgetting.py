"""What the store knows of a person is forgotten, when they are retired or one badge of theirs is to be erased.

Codes are locked first, then claims, then instances, as where they are claimed: the other order makes deadlocks.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from credentials_badges.badges import retiring
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Learner
from credentials_badges.badges.retiring import Person
from providers.badgekit import claims, evidence, guessing
from providers.badgekit.models import (
    Application,
    BadgeInstance,
    Batch,
    Claim,
    ClaimCode,
    ClaimEvidence,
    ClaimStep,
    Member,
    Review,
    ReviewItem,
    System,
)
from providers.badgekit.models.folding import address

NOWHERE = "retired.invalid"
"""The domain of addresses that stand for nobody: https://www.rfc-editor.org/rfc/rfc6761#section-6.4"""


def erase(system: System, external_id: str) -> bool:
    """Forget whose badge it was that we promised or recorded: its code and its instance. Whether it was there."""

    def work() -> bool:
        reserved = Q(badge__system=system, code=external_id, reservation__isnull=False)
        codes = list(ClaimCode.objects.select_for_update().filter(reserved).order_by("pk"))
        theirs = Q(claim_code__in=codes) | (Q(slug=external_id) & ~Q(recipient_id=""))
        gone = BadgeInstance.objects.filter(theirs, badge__system=system).delete()[0]
        _end(codes)
        return bool(gone or codes)

    return in_transaction(work)


def forget(person: Person) -> None:
    """Forget the person in the whole store, in the caller's transaction; files of evidence go once it has committed."""
    learner, theirs = person.learner, _Theirs(person)
    _forget_codes(theirs)
    _forget_claims(person, theirs)
    BadgeInstance.objects.filter(theirs.instances).delete()
    _forget_applications(theirs)
    Member.objects.filter(user=learner.pk).delete()
    guessing.forget(learner.pk, theirs.addresses)
    _forget_mentions(person)
    # Whoever claimed by address, before they were known by name, is the same person.
    names = [name for email in theirs.addresses for name in (email, f"claim:{email}")]
    for other in Learner.objects.filter(username__in=names, address__in=theirs.addresses).exclude(pk=learner.pk):
        retiring.retire(other, person.now, via=person.via, by=person.by)


class _Theirs:
    """Which rows are the person's: by our own id of them, or by an address, unless another learner's id is there."""

    def __init__(self, person: Person) -> None:
        self.uuid = str(person.learner.uuid)
        self.addresses = sorted({address(email) for email in person.names.emails if email})
        self.alias = f"{person.alias}@{NOWHERE}"
        at_theirs = Q(address__in=self.addresses)
        self.instances = Q(recipient_id=self.uuid) | (at_theirs & Q(recipient_id=""))
        self.claims = Q(learner=person.learner) | (at_theirs & Q(learner=None))
        by_address = Q(*(Q(email__iexact=each) for each in self.addresses), _connector=Q.OR) & Q(recipient_id="")
        self.codes = Q(recipient_id=self.uuid) | (by_address if self.addresses else Q(pk=None))


def _end(codes: Sequence[ClaimCode]) -> None:
    """Let nobody use these codes, which were kept for somebody, and say no more for whom."""
    for code in codes:
        code.hide(is_cancelled=True)
        code.email, code.recipient_id, code.handed_out_to = None, "", ""
    ClaimCode.objects.bulk_update(codes, (*ClaimCode.ENDS, "email", "recipient_id", "handed_out_to"), batch_size=500)


def _forget_codes(theirs: _Theirs) -> None:
    """Codes that were kept for the person, that only they could claim, or that say that they did."""
    open_claims = Claim.objects.filter(theirs.claims, state__in=Claim.OPEN).values("code")
    bound = Q(*(Q(bound_to__iexact=each) for each in theirs.addresses), _connector=Q.OR)
    named = theirs.codes | bound if theirs.addresses else theirs.codes
    rows = ClaimCode.objects.select_for_update().filter(named | Q(pk__in=open_claims)).order_by("pk")
    kept, others = list[ClaimCode](), list[ClaimCode]()
    for code in rows:
        (kept if code.recipient_id == theirs.uuid else others).append(code)
    _end(kept)
    for code in others:
        if address(code.bound_to) in theirs.addresses:  # Without the bond, anybody could claim it.
            code.hide(is_cancelled=False)
            code.bound_to = theirs.alias
        if address(code.email or "") in theirs.addresses:
            code.email = None
    ClaimCode.objects.bulk_update(others, (*ClaimCode.ENDS, "bound_to", "email"), batch_size=500)


def _forget_claims(person: Person, theirs: _Theirs) -> None:
    """Claims stay as numbers. Open ones are withdrawn, and give their uses back; the codes are locked by now."""
    mine = Claim.objects.select_for_update().filter(theirs.claims).select_related("code").order_by("pk")
    claimed = list(mine)
    for claim in claimed:
        if claim.is_open:
            claim.state = Claim.State.WITHDRAWN
            claims.give_back(ClaimCode.objects.get(pk=claim.code_id))
        claim.email, claim.address, claim.name, claim.open_for = theirs.alias, theirs.alias, "", None
        claim.learner = person.learner
    Claim.objects.bulk_update(claimed, ("state", "email", "address", "name", "open_for", "learner"), batch_size=500)
    ids = [claim.pk for claim in claimed]
    ClaimStep.objects.filter(claim__in=ids).update(words="")
    files = list(ClaimEvidence.objects.filter(claim__in=ids))
    ClaimEvidence.objects.filter(pk__in=[each.pk for each in files]).delete()
    transaction.on_commit(lambda: evidence.discard(files))


def _forget_applications(theirs: _Theirs) -> None:
    for email in theirs.addresses:
        Application.objects.filter(learner__iexact=email).delete()
        Application.objects.filter(assigned_to__iexact=email).update(assigned_to=None, assigned_expiration=None)
        Review.objects.filter(author__iexact=email).update(author=theirs.alias)


def _forget_mentions(person: Person) -> None:
    retiring.strike(person, ClaimCode.objects.order_by("pk"), "label", "handed_out_to")
    retiring.strike(person, Batch.objects.order_by("pk"), "label")
    retiring.strike(person, ClaimStep.objects.order_by("pk"), "words")
    retiring.strike(person, Review.objects.order_by("pk"), "comment")
    retiring.strike(person, ReviewItem.objects.order_by("pk"), "comment")
