"""Keeps codes from being found by trying: of codes that cannot be claimed, each visitor may look at so many.

Who is signed in is counted by their account, and who is not by the network that they come from. Neither is kept: what
is counted has a name that only this server's key can make, and goes with the window of time.
"""

from collections.abc import Iterable

from django.http import HttpRequest

from credentials_badges.badges import limiting
from credentials_badges.badges.origins import network
from credentials_badges.http import Pace
from providers.badgekit.models.folding import address

HOUR, DAY = 3600, 24 * 3600
BY_ACCOUNT = (Pace(calls=20, seconds=HOUR), Pace(calls=60, seconds=DAY))
BY_NETWORK = (Pace(calls=60, seconds=HOUR), Pace(calls=200, seconds=DAY))
"""More, since a whole school may come from one. At 200 a day, the 46,656 codes of three letters take 233 days."""
LINKS_TO_ONE = (Pace(calls=5, seconds=HOUR),)
LINKS_FOR_ONE = (Pace(calls=60, seconds=HOUR),)
"""Mails with links that one address may be sent, and one network may ask for."""
SHORT = 6
"""Characters from which on so many codes are possible that trying all of them is hopeless, even in lists."""
SHORT_WORDS = (Pace(calls=500, seconds=DAY),)
"""Shorter codes that an organiser may think up: to be told that one is taken is a guess, too."""


def begin(request: HttpRequest) -> None:
    """Count a guess, before it is looked at whether the code is right: of many at once, none gets through uncounted.

    Raises RateLimited, saying for how many seconds, if there have been enough.
    """
    for name, pace in _guesses(request):
        limiting.take_turn(name, pace)


def was_right(request: HttpRequest) -> None:
    """Take back what `begin` has counted, since it was no guess."""
    for name, _ in _guesses(request):
        limiting.give_back(name)


def ask_for_link(request: HttpRequest, email: str) -> None:
    """Count a mail that a visitor wants to be sent. Raises RateLimited if there have been enough."""
    links_for_one = limiting.hidden("link for", network(request), LINKS_FOR_ONE)
    links_to_one = limiting.hidden("link to", address(email), LINKS_TO_ONE)
    for name, pace in (*links_for_one, *links_to_one):
        limiting.take_turn(name, pace)


def think_up(account: int, words: Iterable[str]) -> None:
    """Count the short ones of these words for codes. Raises RateLimited if there have been enough."""
    number = sum(len(word) < SHORT for word in words)
    for name, pace in limiting.hidden("words of", account, SHORT_WORDS) if number else ():
        limiting.take_turn(name, pace, number)


def forget(account: int, emails: Iterable[str]) -> None:
    """Forget what was counted of somebody."""
    mine = (limiting.hidden("guess of", account, BY_ACCOUNT), limiting.hidden("words of", account, SHORT_WORDS))
    links = (limiting.hidden("link to", address(email), LINKS_TO_ONE) for email in emails)
    limiting.drop(name for counted in (*mine, *links) for name, _ in counted)


def _guesses(request: HttpRequest) -> list[tuple[str, Pace]]:
    if request.user.is_authenticated:
        return limiting.hidden("guess of", request.user.pk, BY_ACCOUNT)
    return limiting.hidden("guess from", network(request), BY_NETWORK)
