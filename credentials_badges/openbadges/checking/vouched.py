"""Endorsements in a badge of Open Badges 2.0: what their own addresses say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from credentials_badges.badges.verifying import Check
from credentials_badges.openbadges.checking import picking, report, taken_back, telling, when
from credentials_badges.openbadges.checking.fetching import Fetcher
from credentials_badges.openbadges.checking.picking import Document
from credentials_badges.openbadges.checking.report import Endorsed
from credentials_badges.openbadges.checking.telling import Broken


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The badge, what it stands for, or who gives it."""

    document: Document
    is_own: bool = True
    """Whether only its issuer can have given it its name: it is kept there, or it is on their site."""


def said(parts: list[Part]) -> list[tuple[Any, Part]]:
    """What others say of each, and of which."""
    return [(each, part) for part in parts for each in picking.many(part.document.get("endorsement"))]


def look(told: Any, part: Part, fetch: Fetcher, now: datetime) -> Endorsed:
    """What holds of it."""
    try:
        document = telling.document(told, _("the endorsement"), fetch)
        if taken_back.says_so(document):
            return _nothing_but(_("Does it still stand?"), _("No: its issuer has taken it back."), holds=False)
        if "Endorsement" not in picking.kinds(document):
            return _nothing_but(_("Can it be read?"), _("No: it is no endorsement."), holds=False)
        speaker = telling.document(document.get("issuer"), _("who says so"), fetch)
        if not telling.belongs(picking.identifier(document), speaker):
            raise Broken(_("Nothing proves that: it is kept on a site that is not its author’s."), holds=False)
    except Broken as broken:
        return _nothing_but(_("Who says so?"), str(broken), holds=broken.holds)
    claim, who = picking.one(document.get("claim")), telling.who(speaker)
    return Endorsed(
        name=picking.name(speaker.get("name")),
        comment=picking.text(claim.get("endorsementComment")),
        checks=[
            Check(question=_("Who says so?"), answer=who.answer, holds=who.holds),
            report.is_about(picking.identifier(claim), picking.identifier(part.document), is_own=part.is_own),
            when.check([document.get("issuedOn")], [document.get("expires")], now),
        ],
    )


def _nothing_but(question: str, answer: str, *, holds: bool | None) -> Endorsed:
    return Endorsed(name="", comment="", checks=[Check(question=question, answer=answer, holds=holds)])
