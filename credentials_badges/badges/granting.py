"""Badges given and taken back by a person, with a reason that stays with them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from credentials_badges.badges import announcing, awarding, marking, outbox, rules
from credentials_badges.badges.awarding import Badges
from credentials_badges.badges.goals import Policy
from credentials_badges.badges.locking import in_transaction, locked_learners
from credentials_badges.badges.models import Badge, BadgeTemplate, ExternalState, Learner
from credentials_badges.contract.data import Receipt
from credentials_badges.contract.states import BadgeState

CLAIMED = gettext_noop("Claimed with a code.")
HELD = gettext_noop("The learner holds this badge already.")
GONE = gettext_noop("The learner has been retired.")
MOMENT = timedelta(microseconds=1)


def grant(
    template: BadgeTemplate, learners: Collection[Learner], *, by: Learner, reason: str, now: datetime
) -> dict[int, str]:
    """Give each a badge; returns why not, by learner id, for those who hold it already or come after the limit.

    Rules do not matter, nor whether the template is active here; the provider has to take it. A constant number of
    statements, however many learners.
    """
    ids = list(dict.fromkeys(learner.pk for learner in learners))
    return in_transaction(lambda: _grant(template.pk, ids, by, reason, now))


def refusals(template: BadgeTemplate, learner_ids: Iterable[int]) -> dict[int, str]:
    """Why not, by id, for those who cannot be given a badge as things stand; whoever is named first comes first.

    An id that nobody has stands for somebody who is not known yet.
    """
    ids = list(dict.fromkeys(learner_ids))
    if template.state != BadgeTemplate.State.ACTIVE:
        words = _("%(template)s is %(state)s at the provider, so it cannot be issued.")
        return dict.fromkeys(ids, words % {"template": template, "state": template.get_state_display().lower()})
    held = Badge.objects.filter(template=template.pk, status=Badge.Status.AWARDED)
    if template.limit is None:  # Then the others do not matter, of whom there may be very many.
        held = held.filter(learner__in=ids)
    holding = set(held.values_list("learner_id", flat=True))
    refused = {}
    for id_ in ids:
        if id_ in holding and template.award != Policy.EVERY_TIME:
            refused[id_] = _(HELD)
        elif id_ not in holding and template.limit is not None and len(holding) >= template.limit:
            words = ngettext(
                "Only %(limit)d learner may hold this badge at a time, and so many do.",
                "Only %(limit)d learners may hold this badge at a time, and so many do.",
                template.limit,
            )
            refused[id_] = words % {"limit": template.limit}
        else:
            holding.add(id_)
    return refused


def _grant(template_id: int, ids: Sequence[int], by: Learner, reason: str, now: datetime) -> dict[int, str]:
    gone = {learner.pk: _(GONE) for learner in locked_learners(pk__in=ids) if learner.retired_at}
    awarding.lock_templates([template_id])
    template = BadgeTemplate.objects.get(pk=template_id)  # Its limit and state may have changed until it was locked.
    refused = {**refusals(template, [id_ for id_ in ids if id_ not in gone]), **gone}
    chosen = [id_ for id_ in ids if id_ not in refused]
    before = awarding.read_badges(chosen, [template_id])
    new = [
        Badge(
            learner_id=id_,
            template=template,
            account_id=template.account_id,
            ordinal=max((badge.ordinal for badge in before.get((id_, template_id), ())), default=0) + 1,
            awarded_at=now,
            earned_at=now,
            expires_at=now + timedelta(days=template.expires_days) if template.expires_days else None,
            granted_by=by,
            grant_reason=reason,
        )
        for id_ in chosen
    ]
    if new:
        Badge.objects.bulk_create(new)
        outbox.promise_issues(new, now)
        announcing.announce(new, Badge.Status.AWARDED)
        _settle_what_rests_on({(id_, template_id) for id_ in chosen}, before, now)
    return refused


def record_claim(template: BadgeTemplate, learner: Learner, receipt: Receipt, now: datetime) -> bool:
    """Write down a badge that the learner has claimed at its provider, who has told it by the receipt; promise nothing.

    Whether it is new: who holds the badge already, keeps that one. As with what a person gave, the rules neither give
    it a second time nor take it back.
    """
    return in_transaction(lambda: _record_claim(template, learner, receipt, now))


def _record_claim(template: BadgeTemplate, learner: Learner, receipt: Receipt, now: datetime) -> bool:
    locked_learners(pk=learner.pk)
    pair = (learner.pk, template.pk)
    before = awarding.read_badges([learner.pk], [template.pk])
    own = before.get(pair, ())
    for held in own:
        if held.status == Badge.Status.AWARDED:
            if held.external_state == BadgeState.REVOKED:  # The provider took it back, and gives it again now.
                held.observe(receipt)
            return False
    badge = Badge(
        learner=learner,
        template=template,
        account_id=template.account_id,
        ordinal=max((badge.ordinal for badge in own), default=0) + 1,
        awarded_at=now,
        earned_at=now,
        expires_at=now + timedelta(days=template.expires_days) if template.expires_days else None,
        granted_by=learner,
        grant_reason=CLAIMED,
    )
    heard = badge.hear(receipt)
    badge.save()
    ExternalState.objects.bulk_create(ExternalState.news({badge: heard}, ExternalState.How.CLAIM))
    announcing.announce([badge], Badge.Status.AWARDED)
    _settle_what_rests_on({pair}, before, now)
    return True


def revoke(badge_ids: Collection[int], *, by: Learner, reason: str, now: datetime) -> int:
    """Take these badges back, and let nothing that happened before count again; returns how many were still held."""
    return in_transaction(lambda: _revoke(badge_ids, by, reason, now))


def _revoke(badge_ids: Collection[int], by: Learner, reason: str, now: datetime) -> int:
    # Looked up first: locking them through a join would lock the badges too, which comes after their promises.
    locked_learners(pk__in=set(Badge.objects.filter(pk__in=badge_ids).values_list("learner_id", flat=True)))
    chosen = list(Badge.objects.filter(pk__in=badge_ids, status=Badge.Status.AWARDED).order_by("pk"))
    if not chosen:
        return 0
    pairs = {(badge.learner_id, badge.template_id) for badge in chosen}
    before = awarding.read_badges(*marking.sides(pairs))
    own_rules = rules.of_templates({template_id for _, template_id in pairs})
    marks = marking.held({learner_id for learner_id, _ in pairs}, own_rules.goals, own_rules)
    known = [mark.at for pair in pairs for mark in marks.get(pair, {}).values()]
    # After all that is known, even if an event happened while this waited for its turn.
    now = max([now, *(at + MOMENT for at in known)])
    # Promises are locked before badges, as where a delivery is settled: the other order makes deadlocks.
    outbox.promise_revocations(chosen, reason, now)
    Badge.objects.filter(pk__in=[badge.pk for badge in chosen]).update(
        status=Badge.Status.REVOKED, revoked_at=now, revoked_by=by, revoke_reason=reason
    )
    announcing.announce(chosen, Badge.Status.REVOKED)
    own = {pair: marks.get(pair, {}) for pair in pairs if pair[1] in own_rules.goals}
    after = awarding.badges_of(*marking.sides(pairs), own_rules)
    awarding.settle(list(awarding.cases_of(own_rules, own, own, before, after)), after, rules.current(), now)
    _settle_what_rests_on(pairs, before, now)
    return len(chosen)


def _settle_what_rests_on(pairs: Collection[marking.Pair], before: Badges, now: datetime) -> None:
    """Award and withdraw the badges for which these count, which were as in `before`."""
    active = rules.current()
    cases, badges = awarding.follow(pairs, before, active)
    awarding.settle(cases, badges, active, now)
