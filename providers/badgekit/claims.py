"""A code is claimed: one conditional UPDATE decides who wins, and all that follows commits with it or not at all.

What follows: the claim, the badge in the store, our own record of it, and a learning event, by which a code can earn
other badges too. Where the code's claims are reviewed, the badge follows once somebody has approved. Whoever holds the
badge already uses nothing up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import IntegrityError
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges import changes
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Learner
from credentials_badges.badges.models.addresses import is_address
from credentials_badges.contract.data import Receipt
from credentials_badges.contract.states import BadgeState
from providers.badgekit import giving, instances, letters
from providers.badgekit.instances import Award
from providers.badgekit.models import Badge, BadgeInstance, Claim, ClaimCode, ClaimEvidence, ClaimStep
from providers.badgekit.models.folding import address


class Spent(Exception):
    """The code cannot be claimed: it has no use left, or not now."""


class StillOpen(Exception):
    """Whoever claims has an open claim to the badge already."""

    def __init__(self, claim: Claim) -> None:
        super().__init__("a claim to the badge is open")
        self.claim = claim


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimant:
    """Who claims, where that is known otherwise than by the address, and what came with it."""

    learner: Learner | None = None
    name: str = ""
    source: str = ""
    evidence: Sequence[ClaimEvidence] = ()
    """Not stored yet, but for the files."""
    is_reviewed: bool = False
    """Whether somebody has to approve it where the code says so; what a system's own site claims is approved."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a claim."""

    used: ClaimCode
    """The code that was used up by it, as it was before: another one, if that was kept for whoever claimed."""
    instance: BadgeInstance | None = None
    """What the address holds by now; None if it was no address, or the claim is reviewed."""
    claim: Claim | None = None
    """None if it was no address."""


def claim_for(code: ClaimCode, award: Award, who: Claimant) -> Outcome:
    """Use the code for a person, whose claim may have to be reviewed first.

    Raises Spent, NotTheirs, instances.Held, or StillOpen; then nothing has changed.
    """
    return in_transaction(lambda: _claim(code, award, award.email, who), again_on=IntegrityError)


def claim(code: ClaimCode, award: Award, note: str | None = None) -> ClaimCode:
    """Use the code for whoever has the award's address; returns the code as it is afterwards.

    `note` is what the code's own address becomes. An award without a real address uses the code up and gives nobody
    anything, as in BadgeKit. Raises Spent, or NotTheirs.
    """
    try:
        outcome = in_transaction(lambda: _claim(code, award, note, Claimant()), again_on=IntegrityError)
        used = outcome.used.pk == code.pk
    except instances.Held:
        used = False
    if used:
        code.claimed, code.uses, code.email = True, code.uses + 1, code.email if code.reservation else note
    elif code.multiuse:
        # A code for many shows whoever claimed it last, as in BadgeKit; what counts is that no use is counted.
        code.claimed, code.email = True, note
        ClaimCode.objects.filter(pk=code.pk).update(claimed=True, email=note)
    return code


def award_with(code: ClaimCode, award: Award) -> BadgeInstance:
    """Give the badge and use the code up for it. Raises Spent, NotTheirs, or instances.Held, and then uses nothing."""
    outcome = in_transaction(lambda: _claim(code, award, award.email, Claimant()), again_on=IntegrityError)
    if outcome.instance is None:
        raise Spent  # Only what is no address gives nothing, and the API has refused that.
    return outcome.instance


def _claim(code: ClaimCode, award: Award, note: str | None, who: Claimant) -> Outcome:
    if not code.is_free or (code.badge.is_gone and not code.reservation):
        raise Spent
    if code.reservation:
        if award.email and address(award.email) != address(code.email or ""):
            raise giving.NotTheirs(_("The code is reserved for another address"))
        return _accept(code, award, who)
    if not code.is_for(award.email):
        raise giving.NotTheirs(_("The code is for other addresses"))
    if not is_address(award.email):
        return _use(code, award, note, who)
    return _claim_open(code, award, note, replace(who, learner=who.learner or learner_at(award.email)))


def _claim_open(code: ClaimCode, award: Award, note: str | None, who: Claimant) -> Outcome:
    """Use a code that is kept for nobody, unless they have the badge, or a claim to it, already."""
    if who.learner and (waiting := _waiting(code.badge, who.learner)):
        return _accept(waiting, award, who)  # It is theirs already, and was only to be accepted.
    if instance := held(code.badge, award.email, who.learner):
        if instance.claim_code_id == code.pk and not code.multiuse:
            raise Spent  # By themselves, since the code was read.
        raise instances.Held(instance)
    if who.is_reviewed:
        _check_claims(code, award.email, who.learner)
    return _use(code, award, note, who)


def _check_claims(code: ClaimCode, email: str, learner: Learner | None) -> None:
    """Raises StillOpen, or Spent for whoever had the badge by this very code, and it was taken back: else a press would
    undo that. Where claims are reviewed, the reviewer knows.
    """
    theirs = Q(address=address(email)) | (Q(learner=learner) if learner else Q(pk=None))
    for claim in code.badge.claims.filter(theirs):
        if code.needs_approval and claim.is_open:
            raise StillOpen(claim)
        if not code.needs_approval and claim.was_taken_back and claim.code_id == code.pk:
            raise Spent


def _accept(code: ClaimCode, award: Award, who: Claimant) -> Outcome:
    """Use a code that is kept for a learner: what came with the claim is not needed."""
    if not is_address(code.email or ""):
        raise giving.NotTheirs(_("The code is reserved for a learner without a valid address"))
    learner = Learner.objects.filter(uuid=code.recipient_id).first()
    kept = replace(who, learner=learner, evidence=(), is_reviewed=False)
    return _use(code, replace(award, email=code.email or ""), code.email, kept)


def held(badge: Badge, email: str, learner: Learner | None) -> BadgeInstance | None:
    """What the address holds of the badge, or the learner under another address."""
    theirs = Q(address=address(email))
    if learner:
        theirs |= Q(recipient_id=str(learner.uuid))
    return badge.instances.filter(theirs).order_by("ordinal", "pk").first()


def _use(code: ClaimCode, award: Award, note: str | None, who: Claimant) -> Outcome:
    free = ClaimCode.objects.filter(ClaimCode.free(), pk=code.pk)
    if not free.update(claimed=True, uses=F("uses") + 1, email=note, changed_at=code.now()):
        raise Spent
    if not is_address(award.email):
        return Outcome(code)
    claim = Claim(code=code, badge=code.badge, learner=who.learner, email=award.email, name=who.name, source=who.source)
    if who.is_reviewed and code.needs_approval:
        claim.state, claim.open_for = Claim.State.SUBMITTED, address(award.email)
    else:
        claim.state, claim.decided_at = Claim.State.AWARDED, timezone.now()
        claim.instance, claim.learner = giving.give(code, award, who.learner)
    claim.save()
    note_step(claim)
    attach(claim, who.evidence)
    if claim.is_open:
        letters.tell_claimant(claim)
        letters.tell_reviewers(code.badge)
    return Outcome(code, claim.instance, claim)


def note_step(claim: Claim, by: Learner | None = None, words: str = "") -> None:
    """Write down in the claim's history how it stands now."""
    ClaimStep.objects.create(claim=claim, by=by, state=claim.state, words=words)


def attach(claim: Claim, evidence: Sequence[ClaimEvidence]) -> None:
    """Store the evidence of the claim, but for the files, which are stored by then."""
    for each in evidence:
        each.claim, each.pk = claim, None  # It has an id where this is a second try.
    ClaimEvidence.objects.bulk_create(evidence)


def give_back(code: ClaimCode) -> None:
    """Let the code, which is locked, be claimed once more, since nothing came of a claim."""
    code.uses = max(code.uses - 1, 0)
    code.claimed = code.multiuse and code.uses > 0
    code.email = code.email if code.claimed else None
    code.changed_at = code.now()
    code.save(update_fields=("uses", "claimed", "email", "changed_at"))


def learner_at(email: str) -> Learner | None:
    """The one learner of ours who has this address; of several, nobody knows which one is meant.

    Who was made by a claim is named by the address: whoever the LMS knows by it comes before.
    """
    known = Learner.objects.filter(address=Lower(Value(email.strip()))).exclude(username=address(email))
    found = list(known[:2])
    return found[0] if len(found) == 1 else None


def _waiting(badge: Badge, learner: Learner) -> ClaimCode | None:
    """A code of the badge that is kept for the learner, and not claimed."""
    kept = ClaimCode.objects.filter(badge=badge, recipient_id=str(learner.uuid), reservation__isnull=False)
    return kept.filter(ClaimCode.free()).select_related("badge__system").order_by("pk").first()


def delete(code: ClaimCode) -> bool:
    """Let nobody find the code any more; False if that is so. A promise to a learner is taken back with it."""

    def work() -> bool:
        row = ClaimCode.objects.select_for_update().get(pk=code.pk)
        if row.deleted_at:
            return False
        row.end(is_cancelled=bool(row.reservation) and not row.claimed)
        row.badge = code.badge
        if row.cancelled_at:
            giving.hear(row)
        return True

    return in_transaction(work)


def withdraw(held: list[BadgeInstance]) -> None:
    """Take these instances of one badge back, for the system's own site, and write down here that they are gone."""

    def work() -> None:
        badge, now = held[0].badge, timezone.now()
        kept = [each.claim_code.pk for each in held if each.claim_code and each.claim_code.reservation]
        # Codes come before instances, as where they are claimed: the other order makes deadlocks.
        rows = list(ClaimCode.objects.select_for_update().filter(pk__in=kept).order_by("pk"))
        instances.take(held)
        for row in rows:
            row.badge = badge
            row.end(is_cancelled=True)
            giving.hear(row)
        if template := giving.template_of(badge):
            gone = Receipt(external_id="", state=BadgeState.REVOKED, raw_state="deleted", as_of=now)
            changes.hear(template.account, [replace(gone, external_id=each.slug) for each in held])

    in_transaction(work)
