"""The pages for giving and taking back badges by hand, as a browser uses them."""

import html
import re
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from credentials_badges.badges.models import Badge, BadgeTemplate, Learner
from tests.badges.world import World, passing, penalty, requirement, send

TEMPLATES = "/admin/badges/credlybadgetemplate/"
BADGES = "/admin/badges/credlybadge/"
REASON = "They helped at the open day."


def award_page(template: BadgeTemplate) -> str:
    return f"{TEMPLATES}{template.pk}/award/"


def csv(text: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("learners.csv", text.encode() if isinstance(text, str) else text)


def preview(client: Client, template: BadgeTemplate, learners: str = "", **told: Any) -> HttpResponse:
    """Submit the form; returns the page that follows."""
    answer: HttpResponse = client.post(award_page(template), {"learners": learners, "reason": REASON, **told})
    assert answer.status_code == 200
    return answer


def outcomes(answer: HttpResponse) -> list[tuple[int, str]]:
    """The rows of the preview: line and outcome."""
    cells = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>\s*(<td>.*?)</tr>", answer.text, re.DOTALL)]
    return [(int(row[0]), html.unescape(re.sub(r"<[^>]+>", "", row[3]))) for row in cells]


def confirmed(answer: HttpResponse) -> str:
    (found,) = re.findall(r'name="confirmed" value="([^"]*)"', answer.text)
    return str(found)


def confirm(client: Client, template: BadgeTemplate, answer: HttpResponse) -> list[str]:
    """Press the button of the preview; returns the messages."""
    done = client.post(award_page(template), {"confirmed": confirmed(answer)})
    assert done.status_code == 302, done.text
    assert done["Location"] == f"{TEMPLATES}{template.pk}/change/"
    return messages(done)


def messages(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def form_errors(answer: Any) -> dict[str, list[str]]:
    return dict(answer.context["form"].errors)


def staff(*permissions: str, username: str = "clerk") -> Client:
    """Signed in as somebody who may do this, and look at everything."""
    clerk = Learner.objects.create_user(username, is_staff=True)
    looking = Permission.objects.filter(codename__startswith="view_")
    clerk.user_permissions.set(looking | Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(clerk)
    return client


def ask(client: Client, *badges: Badge, **told: Any) -> HttpResponse:
    """Run the action on the list of badges; returns the page that asks why."""
    answer: HttpResponse = client.post(
        BADGES, {"action": "revoke", "_selected_action": [badge.pk for badge in badges], **told}
    )
    return answer


def chosen(answer: HttpResponse) -> str:
    (found,) = re.findall(r'name="chosen" value="([^"]*)"', answer.text)
    return str(found)


def one_holder(credly: World) -> BadgeTemplate:
    """A template that Ada has earned; Ben and Cem are known."""
    template = credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    send(passing("ada", "OneX"), passing("ben", "OtherX"), passing("cem", "OtherX"))
    return template
