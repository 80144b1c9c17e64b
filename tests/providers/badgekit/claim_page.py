"""The page on which learners claim codes, as a browser uses it."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django.test import Client

from credentials_badges.badges.models import Learner, Mail
from credentials_badges.contract.data import IssueOrder, Recipient
from providers.badgekit.codes import reserve
from providers.badgekit.models import BadgeInstance, ClaimCode
from tests.providers.badgekit.api import badge

BASE = "http://testserver/"


def code(text: str = "open-day", of: str = "coder", **told: Any) -> ClaimCode:
    return ClaimCode.objects.create(badge=badge(of), code=text, **told)


def learner(username: str = "ada", email: str | None = None) -> Learner:
    address = f"{username}@example.com" if email is None else email
    return Learner.objects.get_or_create(username=username, defaults={"email": address})[0]


def browser(**options: Any) -> Client:
    """Reads pages: programs are told in JSON what is not there."""
    return Client(headers={"Accept": "text/html,*/*;q=0.8"}, **options)


def signed_in(username: str = "ada", email: str | None = None) -> Client:
    client = browser()
    client.force_login(learner(username, email))
    return client


def kept(username: str = "ada", **told: Any) -> ClaimCode:
    """A code that is kept for the learner."""
    who = learner(username)
    recipient = Recipient(id=str(who.uuid), email=who.email, full_name=username.title())
    order = IssueOrder(
        key=f"promise-{username}",
        template_id="coder",
        recipient=recipient,
        issued_at=datetime(2026, 5, 21, tzinfo=UTC),
        **told,
    )
    return reserve(badge(), order)


def page(text: str) -> str:
    return f"/claim/{quote(text, safe='')}/"


def words(answer: Any) -> str:
    return " ".join(re.sub("<[^>]+>", " ", answer.text).split())


def look(client: Client, text: str) -> str:
    """The words of the code's page."""
    answer = client.get(page(text))
    assert answer.status_code == 200
    return words(answer)


def press(client: Client, text: str) -> str:
    """Press the button; returns the words of the page that follows."""
    answer = client.post(page(text))
    assert answer.status_code == 302, answer.status_code
    return words(client.get(answer["Location"]))


def holders(of: str = "coder") -> list[str]:
    return sorted(BadgeInstance.objects.filter(badge__slug=of).values_list("email", flat=True))


def link_of(mail: Mail) -> str:
    """The path of the link in a mail."""
    (path,) = re.findall(r"https?://[^/\s]+(/claims/\S+)", mail.text)
    return str(path)


def ask_for_link(text: str, email: str = "sam@example.net", name: str = "Sam", query: str = "") -> str:
    """What a stranger does first; returns the link that was mailed to them, or nothing."""
    before = set(Mail.objects.values_list("pk", flat=True))
    answer = browser().post(page(text) + query, {"name": name, "email": email})
    assert answer.status_code == 200
    assert f"If the code is for {email}, a link is on its way there." in words(answer)
    return next((link_of(mail) for mail in Mail.objects.exclude(pk__in=before)), "")
