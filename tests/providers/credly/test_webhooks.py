"""Webhooks of Credly: read from their bytes, resolved with our own key, delivered over real HTTP."""

from collections.abc import Iterable
from dataclasses import replace
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import responses

from credentials_badges.contract.data import (
    Account,
    BadgeChanged,
    BadgeGone,
    Change,
    Hint,
    TemplateChanged,
    TemplateGone,
)
from credentials_badges.contract.errors import Misconfigured, NotFound, Rejected, Retriable
from credentials_badges.contract.states import BadgeState, TemplateState
from credentials_badges.sandbox import serve
from providers.credly.client import BASE_URL
from providers.credly.provider import CredlyProvider
from providers.credly.sandbox_webhooks import WebhookSender
from tests.providers.credly.conftest import ORG, PLAIN_ACCOUNT, CredlyStage

EVENT = "3c5d7e9f-1a2b-4c3d-8e4f-5061728394a2"
NOTICE = f"""{{
    "id": "{EVENT}", "organization_id": "{ORG}", "event_type": "badge_template.changed",
    "occurred_at": "2026-10-10T12:00:00.000Z", "a_key_of_tomorrow": {{"x": 1}}
}}""".encode()
ADDRESS = f"{BASE_URL}organizations/{ORG}/events/{EVENT}"
HINT = Hint(delivery_id=EVENT, account_id=ORG)


class TestReading:
    def test_a_notice_says_what_to_look_at(self, provider: CredlyProvider) -> None:
        hint = Hint(delivery_id=EVENT, account_id=ORG, kind="badge_template.changed")
        assert provider.read_webhook(NOTICE) == hint

    def test_the_kind_may_be_missing(self, provider: CredlyProvider) -> None:
        assert provider.read_webhook(f'{{"id": "{EVENT}", "organization_id": "{ORG}"}}'.encode()) == HINT

    @pytest.mark.parametrize(
        ("old", "new", "why"),
        [
            (EVENT, "../../badges/" + EVENT, "its id"),
            (EVENT, EVENT.upper(), "its id"),
            (EVENT, EVENT.replace("-", ""), "its id"),
            (EVENT, "{" + EVENT + "}", "its id"),
            (EVENT, EVENT + "\\n", "its id"),
            (ORG, "../x", "its organization_id"),
            (ORG, "", "its organization_id"),
            (ORG, "a\\u0000", "its organization_id"),
            ('"badge_template.changed"', "7", "its event_type"),
            ("badge_template.changed", "a\\u0000", "its event_type"),
            ("badge_template.changed", "\\ud800", "its event_type"),
            ("badge_template.changed", "x" * 101, "its event_type"),
            ('"x": 1', '"x": ' + "[" * 100_000, "not JSON"),
            ('"x": 1', '"x": ' + "1" * 5_000, "not JSON"),
        ],
    )
    def test_a_notice_of_another_shape_is_refused(self, provider: CredlyProvider, old: str, new: str, why: str) -> None:
        body = NOTICE.replace(old.encode(), new.encode())
        assert body != NOTICE
        with pytest.raises(ValueError, match=why):
            provider.read_webhook(body)

    @pytest.mark.parametrize(
        "body", [NOTICE.decode().encode("utf-16"), NOTICE + b"\xff", b"\x00" + NOTICE, NOTICE[:-1]]
    )
    def test_a_body_that_is_not_json_in_utf8_is_refused(self, provider: CredlyProvider, body: bytes) -> None:
        with pytest.raises(ValueError, match="not JSON in UTF-8"):
            provider.read_webhook(body)


class TestResolving:
    def resolved(self, provider: CredlyProvider, account: Account, stage: CredlyStage, **claims: str) -> list[Change]:
        return provider.resolve(account, provider.read_webhook(stage.notice(stage.organization.events[-1], **claims)))

    def test_a_template_is_told_as_it_is_now_whatever_the_notice_claims(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        template = stage.order().template_id
        stage.sandbox.change_template(account.external_id, template, name="Renamed")
        stage.organization.templates[template]["state"] = "archived"
        (change,) = self.resolved(provider, account, stage, event_type="badge_template.deleted")
        assert isinstance(change, TemplateChanged)
        assert (change.template.name, change.template.state) == ("Renamed", TemplateState.ARCHIVED)

    def test_a_deleted_template_is_gone(self, provider: CredlyProvider, account: Account, stage: CredlyStage) -> None:
        template = stage.order().template_id
        stage.sandbox.delete_template(account.external_id, template)
        assert self.resolved(provider, account, stage) == [TemplateGone(external_id=template)]
        stage.sandbox.events_outlive_template = False
        with pytest.raises(NotFound):
            self.resolved(provider, account, stage)

    @pytest.mark.parametrize("single", [True, False])
    def test_a_badge_is_told_as_it_is_now(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, single: bool
    ) -> None:
        stage.sandbox.single_badge_get = single
        badge_id = provider.issue(account, stage.order()).external_id
        stage.sandbox.accept(account.external_id, badge_id)
        stage.organization.badges[badge_id]["state"] = "revoked"
        (change,) = self.resolved(provider, account, stage)
        assert isinstance(change, BadgeChanged)
        assert change.receipt.external_id == badge_id
        assert change.receipt.state is BadgeState.REVOKED

    def test_a_badge_of_nobody_known_is_told_as_its_event_has_it(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        stage.sandbox.single_badge_get = False
        badge_id = provider.issue(account, stage.order()).external_id
        stage.organization.badges[badge_id]["issuer_earner_id"] = None
        stage.sandbox.accept(account.external_id, badge_id)
        (change,) = self.resolved(provider, account, stage)
        assert isinstance(change, BadgeChanged)
        assert change.receipt.state is BadgeState.ACCEPTED

    @pytest.mark.parametrize("accepted", [True, False])
    def test_an_older_event_revives_no_badge_that_is_gone(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, accepted: bool
    ) -> None:
        badge_id = provider.issue(account, stage.order()).external_id
        if accepted:
            stage.sandbox.accept(account.external_id, badge_id)
        del stage.organization.badges[badge_id]
        assert self.resolved(provider, account, stage) == ([BadgeGone(external_id=badge_id)] if accepted else [])

    @pytest.mark.parametrize("single", [True, False])
    def test_a_deleted_badge_is_gone(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, single: bool
    ) -> None:
        stage.sandbox.single_badge_get = single
        badge_id = provider.issue(account, stage.order()).external_id
        stage.sandbox.delete_badge(account.external_id, badge_id)
        assert self.resolved(provider, account, stage) == [BadgeGone(external_id=badge_id)]

    @pytest.mark.parametrize("kind", ["badge.privacy.changed", "pending_badge_notification.sent", "of.tomorrow"])
    def test_other_kinds_change_nothing(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, kind: str
    ) -> None:
        badge_id = provider.issue(account, stage.order()).external_id
        stage.sandbox.record(stage.organization, kind, "badge", stage.organization.badges[badge_id])
        stage.sandbox.requests.clear()
        assert self.resolved(provider, account, stage, event_type="badge.deleted") == []
        assert stage.calls() == 1

    def test_an_event_of_another_organization_is_not_found(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        stage.webhook()
        stage.organization.events[-1]["organization_id"] = "somebody-else"
        with pytest.raises(NotFound, match="another organization"):
            self.resolved(provider, account, stage, organization_id=account.external_id)

    def test_a_key_that_may_not_read_events_is_no_misconfiguration(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        stage.webhook()
        stage.sandbox.events_readable = False
        with pytest.raises(Rejected, match="may not read events"):
            self.resolved(provider, account, stage)
        with pytest.raises(Misconfigured, match="401"):
            self.resolved(provider, replace(account, api_key="wrong"), stage)

    @pytest.mark.parametrize("data", [None, [], {"event_type": "badge.created"}, {"occurred_at": "2026-10-10"}])
    def test_an_answer_that_is_no_event_is_retriable(self, provider: CredlyProvider, data: object) -> None:
        with responses.RequestsMock() as mock:
            mock.get(ADDRESS, json={"data": data})
            with pytest.raises(Retriable, match="cannot be used"):
                provider.resolve(PLAIN_ACCOUNT, HINT)

    @pytest.mark.parametrize("thing", [None, {}, {"id": 5}, {"id": ".."}, {"id": "../x"}])
    @pytest.mark.parametrize("about", ["badge", "badge_template"])
    def test_an_id_inside_an_event_bends_no_path(self, provider: CredlyProvider, about: str, thing: object) -> None:
        told = {"event_type": f"{about}.created", "organization_id": ORG, "occurred_at": "2026-10-10T12:00:00Z"}
        with responses.RequestsMock() as mock:
            mock.get(ADDRESS, json={"data": {**told, about: thing}})
            with pytest.raises(Rejected, match="not an id"):
                provider.resolve(PLAIN_ACCOUNT, HINT)

    def test_a_template_that_is_gone_with_its_organization_is_a_misconfiguration(
        self, provider: CredlyProvider
    ) -> None:
        told = {"event_type": "badge_template.changed", "organization_id": ORG, "occurred_at": "2026-10-10T12:00:00Z"}
        gone = {"json": {"data": {"message": "Not found"}}, "status": 404}
        with responses.RequestsMock() as mock:
            mock.get(ADDRESS, json={"data": {**told, "badge_template": {"id": "t"}}})
            mock.get(f"{BASE_URL}organizations/{ORG}/badge_templates/t", **gone)
            mock.get(f"{BASE_URL}organizations/{ORG}", **gone)
            with pytest.raises(Misconfigured, match="organization"):
                provider.resolve(PLAIN_ACCOUNT, HINT)


class Receiver:
    """Our side of a webhook: keeps what it gets, and answers what it is told to."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = list(statuses)
        self.bodies: list[bytes] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.bodies.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        start_response(self.statuses.pop(0) if self.statuses else "200 OK", [("Content-Length", "0")])
        return [b""]


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
class TestDelivery:
    @pytest.fixture
    def played(self) -> CredlyStage:
        """A stage without the stand-in for `requests`, since the sender uses it."""
        return CredlyStage()

    @pytest.fixture
    def sender(self, played: CredlyStage) -> WebhookSender:
        sender = WebhookSender(waits=(0.01, 0.02))
        played.sandbox.tell = sender.send
        return sender

    def changed(self, played: CredlyStage, number: int = 0) -> str:
        """The id of the event of a template that was changed."""
        played.sandbox.change_template(played.organization_id, played.templates()[number]["id"], name="Renamed")
        event: str = played.organization.events[-1]["id"]
        return event

    def test_a_notice_is_repeated_until_it_is_answered_with_200(
        self, provider: CredlyProvider, played: CredlyStage, sender: WebhookSender
    ) -> None:
        receiver = Receiver("500 Internal Server Error", "204 No Content")
        with serve(receiver) as address:
            played.organization.webhook_url = address
            event = self.changed(played)
            sender.settle()
        assert [(delivery.event_id, delivery.status) for delivery in sender.deliveries] == [
            (event, 500),
            (event, 204),
            (event, 200),
        ]
        hints = {provider.read_webhook(body) for body in receiver.bodies}
        assert hints == {Hint(delivery_id=event, account_id=played.organization_id, kind="badge_template.changed")}

    def test_a_notice_that_nobody_takes_is_given_up(self, played: CredlyStage, sender: WebhookSender) -> None:
        with serve(Receiver()) as address:
            played.organization.webhook_url = address
        self.changed(played)
        sender.settle()
        assert [delivery.status for delivery in sender.deliveries] == [0, 0, 0]

    def test_notices_may_come_twice_late_and_backwards(self, played: CredlyStage, sender: WebhookSender) -> None:
        sender.twice = sender.held_back = True
        with serve(Receiver()) as address:
            played.organization.webhook_url = address
            first, second = self.changed(played, 0), self.changed(played, 1)
            assert sender.deliveries == []
            sender.release(backwards=True)
        assert [delivery.event_id for delivery in sender.deliveries] == [second, second, first, first]

    def test_a_forged_notice_leads_nowhere(
        self, provider: CredlyProvider, played: CredlyStage, sender: WebhookSender
    ) -> None:
        receiver = Receiver()
        with serve(receiver) as address, serve(played.sandbox) as credly:
            played.organization.webhook_url = address
            sender.forge(played.organization)
            sender.settle()
            hint = provider.read_webhook(receiver.bodies[0])
            account = replace(PLAIN_ACCOUNT, external_id=played.organization_id, base_url=f"{credly}v1/")
            with pytest.raises(NotFound):
                provider.resolve(account, hint)

    def test_an_organization_without_an_address_gets_no_notice(
        self, played: CredlyStage, sender: WebhookSender
    ) -> None:
        self.changed(played)
        sender.settle()
        assert sender.deliveries == []
