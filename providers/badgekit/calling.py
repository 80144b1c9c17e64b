"""A system's own site is told what happens in it: signed calls, sent from an outbox until they are answered well.

Source: https://github.com/mozilla/badgekit-api/blob/master/docs/webhooks.md
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from credentials_badges import http
from credentials_badges.badges import posting
from credentials_badges.contract.errors import Misconfigured, NotYet
from providers.badgekit import signing
from providers.badgekit.models import System, Webhook, WebhookCall


def tell(system: System, action: str, about: str, body: Mapping[str, Any]) -> None:
    """Write down what the system's first webhook is to be told, if it has one; in the caller's transaction.

    `about` is the slug of what it is about: what is told of one thing is told in order.
    """
    tell_each(system, action, [(about, body)])


def tell_each(system: System, action: str, told: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """The same, of several things."""
    webhook = Webhook.objects.filter(system=system).order_by("pk").first() if told else None
    if webhook:
        host = _host(webhook.url)
        texts = [(about, json.dumps({"action": action, **body}, ensure_ascii=False)) for about, body in told]
        posting.post(
            [
                WebhookCall(webhook=webhook, action=action, body=text, topic=about, destination=host)
                for about, text in texts
            ]
        )


def _host(url: str) -> str:
    """Its host and port; nothing for what is no address, of which the call will say so."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2][:255]
    except ValueError:
        return ""


def call(message: WebhookCall) -> None:
    """Make one call. Raises NotYet unless it is answered with a success, Retriable without an answer, or Misconfigured.

    An answer is about this call alone: others to the same site go on.
    """
    webhook, body = message.webhook, message.body.encode()
    if not webhook.secret:
        raise Misconfigured("the webhook has no secret that can be read; enter it again")
    token = signing.sign({"body": {"alg": "sha256", "hash": signing.digest(body, "sha256")}}, webhook.secret)
    headers = {"Content-Type": "application/json", "Authorization": signing.header(token)}
    status = http.post(webhook.url, body, headers)
    if not 200 <= status < 300:
        raise NotYet(f"the webhook answered {status}")
