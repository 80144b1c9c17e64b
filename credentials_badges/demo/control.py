"""The sandboxes' control page: what they hold, and buttons for what people do at the providers."""

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from wsgiref.types import StartResponse, WSGIEnvironment

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:  # The stage shows this page, and the page is about the stage.
    from credentials_badges.demo.stage import Stage

SHOWN = 25
"""Badges and templates of each account that have buttons, the newest first."""
HEAD = """<!doctype html><html lang=en><meta charset=utf-8><title>Sandbox providers</title>
<style>body{font:16px system-ui;margin:2rem;max-width:80rem}td,th{padding:.2rem .8rem;text-align:left}
form{display:inline}summary{cursor:pointer;margin:.5rem 0}code{font-size:.85em}</style>
<h1>Sandbox providers</h1><p><a href=/held.json>All badges held, as JSON</a></p>"""

FORM = """<form method=post action=/do>
<input type=hidden name=account value="{}"><input type=hidden name=thing value="{}">"""


def page(stage: "Stage", environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """``/`` shows, ``/held.json`` tells programs, and a POST to ``/do`` plays a deed."""
    request = Request(environ)
    if request.path == "/held.json":
        response = Response(json.dumps(stage.held()), mimetype="application/json")
    elif request.path == "/":
        response = Response(_html(stage, request.host_url), mimetype="text/html")
    elif request.path == "/do" and request.method == "POST":
        response = _do(stage, request)
    else:
        response = Response("There are only /, /held.json and POST /do here.", 404, mimetype="text/plain")
    return response(environ, start_response)


def _deeds(stage: "Stage") -> dict[str, Callable[[str, str, str], object]]:
    """What can be played, by name, each with an account, a thing of it, and a value."""
    credly, accredible, sender = stage.credly, stage.accredible, stage.sender
    return {
        "accept": lambda org, badge, _: credly.accept(org, badge),
        "reject": lambda org, badge, _: credly.reject(org, badge),
        "delete badge": lambda org, badge, _: credly.delete_badge(org, badge),
        "rename": lambda org, template, name: credly.change_template(org, template, name=name),
        "archive": lambda org, template, _: credly.change_template(org, template, state="archived"),
        "delete template": lambda org, template, _: credly.delete_template(org, template),
        "send webhooks to": lambda org, _, url: setattr(credly.organizations[org], "webhook_url", url),
        "send a forged webhook": lambda org, _, __: sender.forge(credly.organizations[org]),
        "expire key": lambda _, key, __: credly.expire_key(key),
        "publish": lambda _, credential, __: accredible.publish(credential),
        "delete credential": lambda _, credential, __: accredible.delete(credential),
        "switch": lambda _, switch, value: stage.switch(f"{switch}={value}"),
    }


def _do(stage: "Stage", request: Request) -> Response:
    form = request.form
    try:
        deed = _deeds(stage)[form.get("deed", "")]
        deed(form.get("account", ""), form.get("thing", ""), form.get("value", ""))
    except (KeyError, ValueError) as error:
        return Response(f"That cannot be done: {error}", 400, mimetype="text/plain")
    return redirect("/", 303)


def _html(stage: "Stage", address: str) -> str:
    held = stage.held()
    told = [f"{delivery.event_id}: {delivery.status or 'no answer'}" for delivery in stage.sender.deliveries[-SHOWN:]]
    parts = [_account(stage, each, held[each["provider"]][each["external_id"]], address) for each in stage.accounts]
    parts.append(_fold("Webhooks sent, with their answers", told))
    for sandbox in stage.sandboxes:
        befell = [f"{fault}: {count}" for fault, count in sandbox.happened.items()]
        parts.append(_fold(f"What befell the calls to {sandbox.slug}", befell))
        parts.append(_fold(f"Switches of {sandbox.slug}", _switches(sandbox.slug, sandbox.switches)))
    return HEAD + "".join(parts)


def _account(stage: "Stage", account: dict[str, str], badges: list[dict[str, Any]], address: str) -> SafeString:
    id_, credly = account["external_id"], account["provider"] == "credly"
    heading = format_html(
        "<h2>{} <small>({})</small></h2><p>external id <code>{}</code>, key <code>{}</code>, base URL <code>{}</code>",
        *(account["name"], account["provider"], id_, account["key"], address + account["path"]),
    )
    deeds = ("accept", "reject", "delete badge") if credly else ("publish", "delete credential")
    rows = [
        format_html("{} {} {}", badge["id"], _state(badge), _buttons(id_, badge["id"], deeds))
        for badge in reversed(badges[-SHOWN:])
    ]
    parts = [heading, _fold(f"{len(badges)} badges, the newest first", rows)]
    if credly:
        organization = stage.credly.organizations[id_]
        templates = [
            format_html("{} ({}) {}", row["name"], row["state"], _template_buttons(id_, row["id"]))
            for row in list(organization.templates.values())[:SHOWN]
        ]
        parts += [
            format_html("<p>{}", _field(id_, "", "send webhooks to", organization.webhook_url or "")),
            _buttons(id_, "", ("send a forged webhook",)),
            _buttons(id_, account["key"], ("expire key",)),
            _fold(f"{len(organization.templates)} templates", templates),
        ]
    return format_html_join("", "{}", ((part,) for part in parts))


def _state(badge: dict[str, Any]) -> str:
    return str(badge["state"]) if "state" in badge else "published" if badge["approve"] else "unpublished"


def _template_buttons(account: str, template: str) -> SafeString:
    return format_html(
        "{}{}", _field(account, template, "rename", ""), _buttons(account, template, ("archive", "delete template"))
    )


def _switches(slug: str, switches: dict[str, Any]) -> list[SafeString]:
    return [
        format_html("{} is {} {}", name, repr(value), _field("", f"{slug}.{name}", "switch", str(value)))
        for name, value in switches.items()
    ]


def _buttons(account: str, thing: str, deeds: Iterable[str]) -> SafeString:
    form = FORM + '<button name=deed value="{}">{}</button></form> '
    return format_html_join("", form, ((account, thing, deed, deed) for deed in deeds))


def _field(account: str, thing: str, deed: str, value: str) -> SafeString:
    form = FORM + '<input name=value value="{}" aria-label="{}"><button name=deed value="{}">{}</button></form> '
    return format_html(form, account, thing, value, deed, deed, deed)


def _fold(title: str, lines: Iterable[object]) -> SafeString:
    return format_html(
        "<details><summary>{}</summary><ul>{}</ul></details>",
        title,
        format_html_join("", "<li>{}", ((line,) for line in lines)),
    )
