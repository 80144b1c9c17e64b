"""What the store knows of a person is forgotten, when they are retired or one badge of theirs is to be erased.

Codes are locked first, then claims, then instances, as where they are claimed: the other order makes deadlocks.
"""

import json
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.db.models.lookups import In

from credentials_badges.badges import retiring
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Learner
from credentials_badges.badges.naming import Person
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
    WebhookCall,
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
    _forget_calls(person, theirs)
    BadgeInstance.objects.filter(theirs.instances).delete()
    _forget_applications(theirs)
    Member.objects.filter(user=learner.pk).delete()
    guessing.forget(learner.pk, theirs.addresses)
    _forget_mentions(person)


def also_known_by_address(learner: Learner) -> QuerySet[Learner]:
    """The rows of the learner that were made when they claimed by the address that they have now, and gave no name."""
    email = address(learner.email)
    names = [email, f"claim:{email}"] if email else []
    by_address = Learner.objects.filter(username__in=names, address=email, lms_user_id=None, retired_at=None)
    return by_address.exclude(pk=learner.pk)


class _Theirs:
    """Which rows are the person's: by our own id of them, or by an address, unless another learner's id is there."""

    def __init__(self, person: Person) -> None:
        self.uuid = str(person.learner.uuid)
        self.addresses = sorted({address(email) for email in person.names.emails if email})
        self.alias = f"{person.alias}@{NOWHERE}"
        at_theirs = Q(address__in=self.addresses)
        self.instances = Q(recipient_id=self.uuid) | (at_theirs & Q(recipient_id=""))
        self.claims = Q(learner=person.learner) | (at_theirs & Q(learner=None))
        self.codes = Q(recipient_id=self.uuid) | Q(self.at("email"), recipient_id="")

    def at(self, column: str) -> In:
        """Whether the column holds one of their addresses, in any case."""
        return In(Lower(column), self.addresses)


def _end(codes: Sequence[ClaimCode]) -> None:
    """Let nobody use these codes, which were kept for somebody, and say no more for whom."""
    for code in codes:
        code.hide(is_cancelled=True)
        code.email, code.recipient_id, code.handed_out_to = None, "", ""
    ClaimCode.objects.bulk_update(codes, (*ClaimCode.ENDS, "email", "recipient_id", "handed_out_to"), batch_size=500)


def _forget_codes(theirs: _Theirs) -> None:
    """Codes that were kept for the person, that only they could claim, or that say that they did."""
    open_claims = Claim.objects.filter(theirs.claims, state__in=Claim.OPEN).values("code")
    which = theirs.codes | Q(theirs.at("bound_to")) | Q(pk__in=open_claims)
    rows = ClaimCode.objects.select_for_update().filter(which).order_by("pk")
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


def _forget_calls(person: Person, theirs: _Theirs) -> None:
    """Delete what systems were to be told of the person's badges and applications; where others' name them, strike."""
    slugs = BadgeInstance.objects.filter(theirs.instances).values_list("slug", flat=True)
    applied = Application.objects.filter(theirs.at("learner")).values_list("slug", flat=True)
    named = person.names.named_in(WebhookCall.objects.all(), "body")
    about = [call.pk for call in named if address(json.loads(call.body).get("email") or "") in theirs.addresses]
    WebhookCall.objects.filter(Q(topic__in=[*slugs, *applied]) | Q(pk__in=about)).delete()
    retiring.strike(person, WebhookCall, "body")


def _forget_applications(theirs: _Theirs) -> None:
    Application.objects.filter(theirs.at("learner")).delete()
    Application.objects.filter(theirs.at("assigned_to")).update(assigned_to=None, assigned_expiration=None)
    Review.objects.filter(theirs.at("author")).update(author=theirs.alias)


def _forget_mentions(person: Person) -> None:
    retiring.strike(person, ClaimCode, "label", "handed_out_to")
    retiring.strike(person, Batch, "label")
    retiring.strike(person, ClaimStep, "words")
    retiring.strike(person, Review, "comment")
    retiring.strike(person, ReviewItem, "comment")
