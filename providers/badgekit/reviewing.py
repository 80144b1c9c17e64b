"""Claims are submitted by people, decided by reviewers, and changed or withdrawn by whoever made them.

Each step is one conditional UPDATE: of two people who decide at once, one is told what the other has done. The code is
locked before the claim, as where it is claimed: the other order makes deadlocks.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Learner
from providers.badgekit import claims, evidence, giving, instances, letters
from providers.badgekit.claims import Claimant
from providers.badgekit.instances import Award
from providers.badgekit.models import Claim, ClaimCode, ClaimEvidence

T = TypeVar("T")
State = Claim.State
MOST_WORDS = 5_000
"""Characters that somebody may say with a decision."""


class NotNow(Exception):
    """The claim is not in a state in which this can be done; the message says in which it is."""


class OwnClaim(Exception):
    """Nobody decides their own claim."""


class EvidenceNeeded(Exception):
    """The code can only be claimed with evidence."""


def submit(code: ClaimCode, email: str, who: Claimant) -> Claim | None:
    """Claim the code for whoever has this address; None if they have accepted a code that was kept for them instead.

    Raises EvidenceNeeded, or as `claims.claim_for` does.
    """
    if code.evidence == ClaimCode.Ask.REQUIRED and not who.evidence:
        raise EvidenceNeeded
    outcome = _with_files(who.evidence, lambda: claims.claim_for(code, award(email), who))
    if outcome.used.pk != code.pk:
        evidence.discard(who.evidence)
        return None
    return outcome.claim


def resubmit(claim: Claim, added: Sequence[ClaimEvidence], removed: Collection[int] = ()) -> Claim:
    """Put the claim before the reviewers again, with evidence added and removed; `removed` are ids. Raises NotNow,
    EvidenceNeeded, or evidence.Refused if there would be too many items.
    """
    gone = list(claim.evidence.filter(pk__in=removed))

    def work() -> Claim:
        moved = _move(claim, State.SUBMITTED, None, "", only_from=(State.RETURNED,))
        moved.evidence.filter(pk__in=[each.pk for each in gone]).delete()
        claims.attach(moved, added)
        number = moved.evidence.count()
        if number > evidence.MOST_ITEMS:
            raise evidence.too_many(number)
        if not number and claim.code.evidence == ClaimCode.Ask.REQUIRED:
            raise EvidenceNeeded
        letters.tell_reviewers(claim.badge)
        return moved

    moved = _with_files(added, lambda: in_transaction(work))
    evidence.discard(gone)
    return moved


def withdraw(claim: Claim) -> Claim:
    """Whoever has claimed does not want it any more. Raises NotNow."""
    return in_transaction(lambda: _close(claim, State.WITHDRAWN, None, "", only_from=Claim.OPEN))


def send_back(claim: Claim, by: Learner, words: str) -> Claim:
    """Ask for a revision. Raises NotNow, or OwnClaim."""

    def work() -> Claim:
        moved = _move(claim, State.RETURNED, by, words)
        letters.tell_claimant(moved, words)
        return moved

    return in_transaction(work)


def reject(claim: Claim, by: Learner, words: str) -> Claim:
    """Refuse the badge, for a reason; the use of the code is given back. Raises NotNow, or OwnClaim."""

    def work() -> Claim:
        moved = _close(claim, State.REJECTED, by, words, only_from=Claim.OPEN)
        letters.tell_claimant(moved, words)
        return moved

    return in_transaction(work)


def approve(claim: Claim, by: Learner, words: str = "") -> Claim:
    """Give the badge. Whoever holds it by now keeps what they have: the claim is then cancelled, its use given back.

    Raises NotNow, OwnClaim, or giving.NotTheirs.
    """

    def work() -> Claim:
        learner = claim.learner or claims.learner_at(claim.email)
        if claims.held(claim.badge, claim.email, learner):
            moved = _close(claim, State.CANCELLED, by, words)
        else:
            moved = _move(claim, State.AWARDED, by, words)
            moved.instance, moved.learner = giving.give(moved.code, award(moved.email), learner)
            moved.save(update_fields=("instance", "learner"))
        letters.tell_claimant(moved, words)
        return moved

    try:
        return in_transaction(work, again_on=IntegrityError)
    except instances.Held:  # Since we looked, so that it is seen now.
        return in_transaction(work, again_on=IntegrityError)


def take(claim: Claim, by: Learner) -> None:
    """Say that one looks after it, so that no other reviewer does. Raises NotNow if another does."""
    free = Claim.objects.filter(pk=claim.pk, state__in=Claim.OPEN, assigned_to=None)
    if not free.update(assigned_to=by) and not Claim.objects.filter(pk=claim.pk, assigned_to=by).exists():
        raise NotNow(_("Somebody else looks after this claim, or it has been decided."))


def let_go(claim: Claim, by: Learner) -> None:
    """Leave it to others again; where another looks after it, nothing changes."""
    Claim.objects.filter(pk=claim.pk, assigned_to=by).update(assigned_to=None)


def award(email: str) -> Award:
    """An award to the address, whose assertion is read here."""
    return Award(email=email, base_url=settings.PUBLIC_BASE_URL)


def _with_files(items: Sequence[ClaimEvidence], work: Callable[[], T]) -> T:
    """Do it once the files are stored, and remove them if nothing came of it."""
    evidence.keep(items)
    try:
        return work()
    except BaseException:
        evidence.discard(items)
        raise


def _move(
    claim: Claim, to: State, by: Learner | None, words: str, *, only_from: Collection[str] = (State.SUBMITTED,)
) -> Claim:
    """The claim in its new state, locked together with its code till the end of the transaction."""
    code = ClaimCode.objects.select_for_update().get(pk=claim.code_id)
    moved = Claim.objects.select_for_update().get(pk=claim.pk)
    if moved.state not in only_from:
        words = _("Nothing was done: the claim is %(state)s by now.")
        raise NotNow(words % {"state": moved.get_state_display().lower()})
    if by is not None and by.pk in {moved.learner_id, *_owners(moved)}:
        raise OwnClaim
    code.badge = moved.badge = claim.badge
    moved.code, moved.state = code, to
    if by is not None and to != State.RETURNED:
        moved.decided_by, moved.decided_at = by, timezone.now()
    moved.open_for = moved.open_for if moved.is_open else None
    moved.save(update_fields=("state", "decided_by", "decided_at", "open_for"))
    claims.note_step(moved, by, words)
    return moved


def _owners(claim: Claim) -> list[int]:
    """Users who have the address of the claim: any of them may be who made it."""
    return list(Learner.objects.filter(address=claim.address).values_list("pk", flat=True))


def _close(
    claim: Claim, to: State, by: Learner | None, words: str, *, only_from: Collection[str] = (State.SUBMITTED,)
) -> Claim:
    """End the claim without a badge."""
    moved = _move(claim, to, by, words, only_from=only_from)
    claims.give_back(moved.code)
    return moved
