"""Codes as organisers make and change them: one in words of their own, or many that nobody can guess.

Codes that are kept for a learner are none of theirs, and are left alone by all that stands here.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.db.models import Count, Q, QuerySet
from django.forms.models import fields_for_model
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Learner
from credentials_badges.contract.errors import RateLimited
from providers.badgekit import guessing
from providers.badgekit.codes import random_code
from providers.badgekit.models import Badge, Batch, ClaimCode, System
from providers.badgekit.models.codes import LONGEST_LABEL, SHORTEST_CODE
from providers.badgekit.models.folding import LONGEST, folded

MOST_CODES = 10_000
"""That are made at once."""
MOST_USES = 2**31 - 1
"""As a limit; every database can count so far."""
CHUNK = 1_000
UNPRINTABLE = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")
UNPRINTABLE_IN_TEXT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""The same, where lines and tabs are welcome."""
UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode's categories of what cannot be seen."""
JOINERS = "\u200c\u200d"
FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters of Hangul that are blank."""
YEARS = range(1970, 9999)
"""Beyond these, not every database keeps a time."""

TOO_MANY = format_lazy(
    _(
        "Of codes with fewer than {characters} characters, {most} can be tried in a day, so that nobody finds those of "
        "others. Take longer ones."
    ),
    characters=guessing.SHORT,
    most=guessing.SHORT_WORDS[0].calls,
)

Status = ClaimCode.Status


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What an organiser chooses of codes; each is a column of theirs."""

    label: str = ""
    status: str = Status.ACTIVE
    multiuse: bool = False
    limit: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    bound_to: str = ""
    evidence: str = ClaimCode.Ask.NONE
    asks_for: str = ""
    needs_approval: bool = False
    handed_out_to: str = ""
    handed_out_at: datetime | None = None
    """If only the one to whom they are handed out is said: the moment at which that is written down."""

    @property
    def columns(self) -> dict[str, Any]:
        """As a code's row holds them."""
        told = {name: getattr(self, name) for name in TERMS}
        if self.handed_out_to and not self.handed_out_at:
            told["handed_out_at"] = timezone.now()
        return told

    def check(self) -> None:
        """Raises ValidationError with what is wrong with each."""
        faults: dict[str, list[str]] = {}
        chosen = ((each, getattr(self, each.name)) for each in fields(self))
        told = {each.name: value for each, value in chosen if value != each.default}
        for name, value in told.items():
            try:
                FIELDS[name].clean(value)
                _check_storable(name, value)
            except ValidationError as error:
                faults[name] = error.messages
        if self.limit is not None and not 1 <= self.limit <= MOST_USES:
            words = gettext("A limit is between 1 and %(most)s. To stop a code, pause it.")
            faults["limit"] = [words % {"most": f"{MOST_USES:,}"}]
        try:
            # As that of a deleted code, which takes nobody's text: so nothing is asked of the database.
            ClaimCode(**told, deleted_at=timezone.now()).clean()
        except ValidationError as error:
            faults = {**error.message_dict, **faults}
        if faults:
            raise ValidationError(faults)


TERMS = tuple(field.name for field in fields(Terms))
"""Their names."""
FIELDS = fields_for_model(ClaimCode, fields=TERMS)
"""How a form asks for each."""


def _check_storable(name: str, value: object) -> None:
    if isinstance(value, datetime) and value.year not in YEARS:
        words = gettext("Enter a time of the years %(first)d to %(last)d.")
        raise ValidationError(words % {"first": YEARS.start, "last": YEARS.stop - 1})
    pattern = UNPRINTABLE_IN_TEXT if name == "asks_for" else UNPRINTABLE
    if isinstance(value, str) and pattern.search(value):
        raise ValidationError(gettext("It holds a character that cannot be printed, such as a line break or a NUL."))


def codes_of(system: System) -> QuerySet[ClaimCode]:
    """All codes that anybody made for anybody in the system, the deleted ones too."""
    return ClaimCode.objects.filter(badge__in=system.badges.all(), reservation=None)


def badges_of(system: System) -> QuerySet[Badge]:
    """The badges that can get new codes."""
    return system.badges.filter(deleted_at=None, archived=False, system__deleted_at=None)


def word(text: str) -> str:
    """A code in an organiser's own words, without blanks around it. Raises ValidationError if it can be none."""
    text = text.strip(" \t\r\n\ufeff")
    if not _is_seen(text):
        words = gettext("A code holds no character that cannot be seen or typed, such as a line break or a NUL.")
        raise ValidationError(words)
    if len(text) > LONGEST:
        words = gettext("The code has %(number)s characters, and may have %(most)d.")
        raise ValidationError(words % {"number": f"{len(text):,}", "most": LONGEST})
    if len(folded(text)) < SHORTEST_CODE:
        words = gettext("A code of fewer than %(number)d characters is found by trying: make it longer.")
        raise ValidationError(words % {"number": SHORTEST_CODE})
    return text


def _is_seen(text: str) -> bool:
    """Whether all of it can be seen, but for blanks and what joins letters in some scripts."""
    kinds = {unicodedata.category(letter) for letter in text if letter not in JOINERS}
    return kinds.isdisjoint(UNSEEN) and not FILLERS.intersection(text)


def taken(words: Iterable[str], system: System, by: Learner | None) -> dict[str, str]:
    """Why no code of the system can have these words, by the words folded: the page on which codes are claimed knows
    them by their texts alone, on the whole server. One statement, and a few for whoever asks.

    Raises ValidationError if they have asked too often, by which they could find the codes of others.
    """
    keys = {folded(text) for text in words}
    try:
        guessing.think_up(by.pk if by else 0, keys)
    except RateLimited:
        raise ValidationError({"code": TOO_MANY}) from None
    rows = ClaimCode.objects.filter(code_key__in=keys).order_by("-pk")
    found = rows.values_list("code_key", "reservation", "badge__system", "badge__name")
    return {
        str(key): gettext("“%(badge)s” has this code already.") % {"badge": badge}
        if of == system.pk and reservation is None
        else gettext("This code is taken on this server: think of another.")
        for key, reservation, of, badge in found
    }


def hold_words() -> None:
    """Let nobody else at any desk choose words for codes till the end of the transaction."""
    no_key = connection.features.has_select_for_no_key_update
    System.objects.select_for_update(no_key=no_key).order_by("pk").first()


def make_code(badge: Badge, text: str, terms: Terms, by: Learner | None, batch: Batch | None = None) -> ClaimCode:
    """One code, in words of the organiser's own; without any, it is made up. Raises ValidationError, by column."""
    _check(badge, terms)
    try:
        text = text and word(text)
    except ValidationError as error:
        raise ValidationError({"code": error.messages}) from None

    def work() -> ClaimCode:
        hold_words()
        if text and (why := taken([text], badge.system, by)):
            raise ValidationError({"code": list(why.values())})
        told = {**terms.columns, "code": text or random_code()}
        return ClaimCode.objects.create(badge=badge, batch=batch, made_by=by, **told)

    return in_transaction(work, again_on=IntegrityError)


def make_batch(badge: Badge, label: str, number: int, terms: Terms, by: Learner | None) -> Batch:
    """So many codes that nobody can guess, of one batch. Raises ValidationError, by column."""
    _check(badge, terms)
    if not 1 <= number <= MOST_CODES:
        words = gettext("Between 1 and %(most)s codes are made at once.")
        raise ValidationError({"number": words % {"most": f"{MOST_CODES:,}"}})
    return in_transaction(
        lambda: make_these(badge, label, [("", terms)] * number, by),
        again_on=IntegrityError,
    )


def make_these(badge: Badge, label: str, wished: Collection[tuple[str, Terms]], by: Learner | None) -> Batch:
    """The codes of a batch by their texts and terms, which have been checked; those without a text are made up.

    For inside a transaction. Raises ValidationError if the badge or the label can be none.
    """
    _check(badge, Terms(label=label))
    if not label.strip():
        words = gettext("Say in up to %(most)d characters what the codes are for.")
        raise ValidationError({"label": words % {"most": LONGEST_LABEL}})
    batch = Batch.objects.create(badge=badge, label=label.strip(), made_by=by)
    rows = [
        ClaimCode(badge=badge, batch=batch, made_by=by, **{**terms.columns, "code": text or random_code()})
        for text, terms in wished
    ]
    ClaimCode.objects.bulk_create(rows, batch_size=CHUNK)
    return batch


def _check(badge: Badge, terms: Terms) -> None:
    if not badges_of(badge.system).filter(pk=badge.pk).exists():
        words = gettext("“%(badge)s” has been archived or deleted, and gets no new codes.")
        raise ValidationError({"badge": words % {"badge": badge}})
    terms.check()


def change(codes: QuerySet[ClaimCode], terms: Terms, only: Collection[str] = TERMS) -> int:
    """Give these terms, or `only` some of them, to the codes that are not deleted; returns to how many.

    Raises ValidationError, by column.
    """
    terms.check()
    moment = {"handed_out_at"} if "handed_out_to" in only else set()
    columns = {name: value for name, value in terms.columns.items() if name in {*only, *moment}}
    return _living(codes).update(**columns) if columns else _living(codes).count()


def pause(codes: QuerySet[ClaimCode]) -> int:
    """Let nobody claim them till they are resumed; returns how many were active."""
    return _living(codes).filter(status=Status.ACTIVE).update(status=Status.PAUSED)


def resume(codes: QuerySet[ClaimCode]) -> int:
    """Let them be claimed, which were paused or drafts; returns how many were."""
    return _living(codes).exclude(status=Status.ACTIVE).update(status=Status.ACTIVE)


def hand_out(codes: QuerySet[ClaimCode], to: str, at: datetime | None = None) -> int:
    """Write down where, or to whom, they were handed out; returns of how many. Raises ValidationError, by column.

    Those that were handed out before are left alone: somebody may have been mailed one.
    """
    terms = Terms(handed_out_to=to.strip(), handed_out_at=at)
    terms.check()
    if not terms.handed_out_to:
        raise ValidationError({"handed_out_to": gettext("Say where, or to whom, they were handed out.")})
    told = {name: terms.columns[name] for name in ("handed_out_to", "handed_out_at")}
    return _living(codes).filter(handed_out_to="").update(**told)


def delete(codes: QuerySet[ClaimCode]) -> int:
    """Let nobody find them any more; returns how many there were. What they gave stays, and so do claims to them."""
    return _living(codes).update(deleted_at=timezone.now(), code_key=None)


def numbers(rows: Sequence[Batch]) -> dict[int, dict[str, int]]:
    """How many codes of each batch were made, have been claimed, and can be claimed now, by its id; one statement."""
    codes = ClaimCode.objects.filter(batch__in=[row.pk for row in rows], reservation=None).order_by()
    counted = codes.values_list("batch").annotate(
        every=Count("pk"), used=Count("pk", Q(claimed=True)), unused=Count("pk", ClaimCode.free())
    )
    found = {batch: {"made": made, "claimed": used, "free": unused} for batch, made, used, unused in counted}
    return {row.pk: found.get(row.pk, {"made": 0, "claimed": 0, "free": 0}) for row in rows}


def _living(codes: QuerySet[ClaimCode]) -> QuerySet[ClaimCode]:
    return codes.filter(deleted_at=None, reservation=None)
