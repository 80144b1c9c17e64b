"""What sites tell of a badge of Open Badges 2.0, and for whom each of them speaks."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from credentials_badges.badges.verifying import Check
from credentials_badges.openbadges.checking import fetching, picking
from credentials_badges.openbadges.checking.fetching import Answer, Fetcher, Unreachable
from credentials_badges.openbadges.checking.picking import Document, Odd


class Broken(Exception):
    """The documents of a badge do not belong together, or are not there. The message tells people."""

    def __init__(self, words: str, *, holds: bool | None) -> None:
        super().__init__(words)
        self.holds = holds


def shown(address: str) -> str:
    """What people are told of where that is; nothing that only looks like the name of another site."""
    site = fetching.site(address)
    return site if fetching.PLAIN_HOST.fullmatch(site) else "?"


def parsed(answer: Answer) -> Document:
    """The document in it. Raises Odd; what was taken back or is not there need have none."""
    try:
        return picking.parse_document(answer.body)
    except Odd:
        if answer.status == 200:
            raise
        return {}


def is_at(document: Document, address: str, answer: Answer) -> bool:
    """Whether the document is called by the address that was asked, or by the one of that site that has answered."""
    return picking.identifier(document) in {address, answer.address} and bool(address)


def document(told: Any, what: str, fetch: Fetcher) -> Document:
    """What something refers to, as its own address says it. Raises Broken."""
    address = picking.identifier(told)
    words = {"site": shown(address), "what": what}
    try:
        answer = fetch.get(address)
        document = parsed(answer)
    except (Unreachable, Odd):
        raise Broken(_("Nobody can say: %(site)s does not tell %(what)s.") % words, holds=None) from None
    if answer.status != 200:
        holds = False if answer.status in {404, 410} else None
        raise Broken(_("Nothing proves that: %(site)s does not tell %(what)s.") % words, holds=holds)
    if not is_at(document, address, answer):
        raise Broken(_("Nothing proves that: what %(site)s tells is of something else.") % words, holds=False)
    return document


def belongs(address: str, issuer: Document) -> bool:
    """Whether the issuer speaks at this address: on its own site, or where it says that it does."""
    scope = picking.one(issuer.get("verification"))
    begins = [each for each in picking.many(scope.get("startsWith")) if isinstance(each, str)]
    hosts = [each for each in picking.many(scope.get("allowedOrigins")) if isinstance(each, str)]
    at = fetching.site(address)
    if begins:
        return any(at == fetching.site(each) and address.startswith(each) for each in begins)
    return at in hosts or at == fetching.site(picking.identifier(issuer))


def is_ours(issuer: Document) -> bool:
    """Whether it is this service that issues."""
    return fetching.site(picking.identifier(issuer)) == fetching.site(settings.PUBLIC_BASE_URL)


def who(issuer: Document) -> Check:
    """Who controls the site that says all this."""
    question, name = _("Who issued it?"), picking.name(issuer.get("name"))
    site = fetching.site(picking.identifier(issuer))
    if is_ours(issuer):
        words = _("This service, in the name of “%(name)s”.") if name else _("This service.")
    else:
        words = _("Whoever controls %(site)s.")
        if name:
            words = _("Whoever controls %(site)s. They call themselves “%(name)s” in it.")
    return Check(question=question, answer=words % {"site": picking.name(site), "name": name}, holds=True)
