"""Credly and Accredible, played side by side on one loopback port, with a page that shows what they hold."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from django.utils.html import format_html, format_html_join
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Request, Response

from credentials_badges.sandbox import Faults, Sandbox
from providers.accredible.sandbox import AccredibleSandbox
from providers.credly.sandbox import CredlySandbox

PATHS = {"credly": "credly/v1/", "accredible": "accredible/v1/"}
"""Where each provider's API is, below the stage's own address."""

CAST: dict[str, list[dict[str, Any]]] = {
    "credly": [{"name": "Harbour Point Institute", "key": "demo-credly-key", "templates": 60}],
    "accredible": [{"name": "Lakeside Academy", "key": "demo-accredible-key", "templates": 55}],
}
"""Who plays, unless a file says otherwise; ``templates`` is how many there are, or their names."""


class WrongCast(ValueError):
    """The file does not say who plays; the message says why."""


@dataclass
class Stage:
    """Both sandboxes, as one WSGI application."""

    credly: CredlySandbox = field(default_factory=CredlySandbox)
    accredible: AccredibleSandbox = field(default_factory=AccredibleSandbox)
    accounts: list[dict[str, str]] = field(default_factory=list)
    """Provider, external id, name and key of each account that is played."""

    @property
    def sandboxes(self) -> tuple[Sandbox, Sandbox]:
        """The two of them."""
        return self.credly, self.accredible

    def cast(self, cast: dict[str, Any] = CAST) -> None:
        """Let these accounts play. Raises WrongCast."""
        try:
            for part in cast.get("credly", ()):
                organization = self.credly.add_organization(
                    part["name"], part["key"], part["templates"], id=part.get("id")
                )
                self._account("credly", organization, part)
            for part in cast.get("accredible", ()):
                issuer = self.accredible.add_issuer(part["name"], part["key"], part["templates"], id=part.get("id"))
                self._account("accredible", str(issuer), part)
        except (KeyError, TypeError, AttributeError) as error:
            raise WrongCast(
                f'expected {{"credly": [{{"name": …, "key": …, "templates": 60}}], "accredible": […]}} ({error!r})'
            ) from None

    def _account(self, provider: str, external_id: str, part: dict[str, Any]) -> None:
        self.accounts.append(
            {"provider": provider, "external_id": external_id, "name": part["name"], "key": part["key"]}
        )

    def go_wrong(self, faults: Faults) -> None:
        """From now on, let both of them fail so often."""
        for number, sandbox in enumerate(self.sandboxes):
            sandbox.faults = Faults.parse(faults.line(seed=faults.seed + number))

    def held(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """All badges by provider and account, as the provider shows them."""
        return {
            "credly": {id_: self.credly.badges(id_) for id_ in self.credly.organizations},
            "accredible": {str(id_): self.accredible.credentials(id_) for id_ in self.accredible.issuers},
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        mounts: dict[str, Any] = {f"/{sandbox.slug}": sandbox for sandbox in self.sandboxes}
        return DispatcherMiddleware(self._page, mounts)(environ, start_response)

    def _page(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        if request.path == "/held.json":
            response = Response(json.dumps(self.held()), mimetype="application/json")
        elif request.path == "/":
            response = Response(self._html(request.host_url), mimetype="text/html")
        else:
            response = Response("There are only / and /held.json here.", 404, mimetype="text/plain")
        return response(environ, start_response)

    def _html(self, address: str) -> str:
        held = self.held()
        rows = format_html_join(
            "",
            "<tr><td>{}<td>{}<td><code>{}</code><td><code>{}</code><td><code>{}</code><td>{}",
            (
                (
                    account["provider"],
                    account["name"],
                    account["external_id"],
                    account["key"],
                    address + PATHS[account["provider"]],
                    len(held[account["provider"]][account["external_id"]]),
                )
                for account in self.accounts
            ),
        )
        faults = format_html_join(
            "", "<li>{}: {}", ((sandbox.slug, dict(sandbox.happened) or "nothing yet") for sandbox in self.sandboxes)
        )
        return format_html(
            "<!doctype html><meta charset=utf-8><title>Sandbox providers</title>"
            "<style>body{{font:16px system-ui;margin:2rem}}td,th{{padding:.3rem 1rem;text-align:left}}</style>"
            "<h1>Sandbox providers</h1><table><tr><th>Provider<th>Name<th>External id<th>Key<th>Base URL<th>Badges{}"
            "</table><h2>What befell the calls</h2><ul>{}</ul><p><a href=/held.json>All badges held, as JSON</a>",
            rows,
            faults,
        )
