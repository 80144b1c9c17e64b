"""Credly and Accredible, played side by side on one loopback port, with a page that shows what they hold."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from credentials_badges.demo import control
from credentials_badges.sandbox import Faults, Sandbox
from providers.accredible.sandbox import AccredibleSandbox
from providers.credly.sandbox import CredlySandbox
from providers.credly.sandbox_webhooks import WebhookSender

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
    """Provider, external id, name, key and path of the API of each account that is played."""
    sender: WebhookSender = field(default_factory=WebhookSender)

    def __post_init__(self) -> None:
        self.credly.tell = self.sender.send

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
        facts = {"provider": provider, "external_id": external_id, "path": PATHS[provider]}
        self.accounts.append({**facts, "name": part["name"], "key": part["key"]})

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

    def switch(self, line: str) -> None:
        """Play something otherwise that a provider leaves open, written ``credly.list_lag=2``. Raises ValueError."""
        name, _, value = line.partition("=")
        slug, _, switch = name.partition(".")
        for sandbox in self.sandboxes:
            if sandbox.slug == slug:
                return sandbox.switch(switch, value)
        raise ValueError(f"a switch begins with {' or '.join(f'{sandbox.slug}.' for sandbox in self.sandboxes)}")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        mounts: dict[str, Any] = {f"/{sandbox.slug}": sandbox for sandbox in self.sandboxes}
        return DispatcherMiddleware(partial(control.page, self), mounts)(environ, start_response)
