"""An account that is an OAuth client."""

import json
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
import responses

from credentials_badges.contract.data import Account
from credentials_badges.contract.errors import Misconfigured, Retriable
from providers.credly import oauth
from providers.credly.client import BASE_URL
from providers.credly.provider import CredlyProvider
from tests.contract_remote import RemoteProviderContract
from tests.contract_webhooks import WebhookContract
from tests.in_memory import in_memory
from tests.providers.credly.conftest import KEY, ORG, TOKEN_HOST, CredlyStage

TOKEN_URL = f"{TOKEN_HOST}oauth/token"
CLIENT = Account(external_id=ORG, api_key="the-client-secret-of-oauth", options={"client_id": "client-1"})


@pytest.fixture(autouse=True)
def no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oauth, "_grants", {})


@pytest.fixture
def account(stage: CredlyStage) -> Account:
    options = {"client_id": stage.organization.client_id}
    return Account(external_id=stage.organization_id, api_key=KEY, base_url=BASE_URL, options=options)


class TestCredlyByOAuth(RemoteProviderContract, WebhookContract):
    """Everything works as with a key; the access token was fetched before, so that faults meet the calls."""

    @pytest.fixture(autouse=True)
    def fetched(self, provider: CredlyProvider, account: Account, stage: CredlyStage) -> None:
        provider.check(account)
        stage.sandbox.requests.clear()


def tokens_asked(stage: CredlyStage) -> int:
    return sum(path == "/oauth/token" for _, path, _ in stage.sandbox.requests)


def test_the_request_is_the_documented_form(provider: CredlyProvider) -> None:
    with responses.RequestsMock() as mock:
        mock.post(TOKEN_URL, json={"access_token": "access-1", "token_type": "Bearer", "expires_in": 7200})
        mock.get(f"{BASE_URL}organizations/{ORG}", json={"data": {"id": ORG, "name": "Harbour"}})
        assert provider.check(CLIENT).key_expires_at is None
        asked, used = (call.request for call in mock.calls)
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in asked.headers
    assert parse_qs(str(asked.body)) == {
        "client_id": ["client-1"],
        "client_secret": ["the-client-secret-of-oauth"],
        "grant_type": ["client_credentials"],
        "scope": ["badge_templates issued_badges events"],
    }
    assert used.headers["Authorization"] == "Bearer access-1"


def test_a_token_is_kept_until_shortly_before_its_end(
    provider: CredlyProvider, account: Account, stage: CredlyStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr(oauth, "monotonic", lambda: now)
    provider.check(account)
    provider.issue(account, stage.order())
    assert tokens_asked(stage) == 1
    now += 7200 - oauth.MARGIN - 1
    provider.check(account)
    assert tokens_asked(stage) == 1
    now += 1
    provider.check(account)
    assert tokens_asked(stage) == 2


@pytest.mark.parametrize("seconds", [0, 30, -5])
def test_a_token_that_ends_at_once_is_used_once(
    provider: CredlyProvider, account: Account, stage: CredlyStage, seconds: int
) -> None:
    order = stage.order()
    with responses.RequestsMock() as mock:
        mock.post(TOKEN_URL, json={"access_token": "a", "expires_in": seconds})
        mock.get(f"{BASE_URL}organizations/{ORG}/badges", json={"data": []})
        provider.find(CLIENT, order)
        assert [call.request.method for call in mock.calls] == ["POST", "GET", "POST", "GET"]


@pytest.mark.parametrize("told", [{}, {"expires_in": None}, {"expires_in": "7200"}, {"expires_in": 10**400}])
def test_an_odd_lifetime_is_no_hindrance(provider: CredlyProvider, stage: CredlyStage, told: dict[str, object]) -> None:
    with responses.RequestsMock() as mock:
        mock.post(TOKEN_URL, json={"access_token": "a", **told})
        mock.get(f"{BASE_URL}organizations/{ORG}/badges", json={"data": []})
        provider.find(CLIENT, stage.order())
        assert [call.request.method for call in mock.calls] == ["POST", "GET", "GET"]


def test_a_token_that_is_refused_is_forgotten_and_a_write_is_made_once_more(
    provider: CredlyProvider, account: Account, stage: CredlyStage
) -> None:
    provider.check(account)
    stage.sandbox.access_tokens.clear()
    assert provider.issue(account, stage.order()).external_id
    assert stage.held(stage.order()) == 1
    assert tokens_asked(stage) == 2


def test_a_fresh_token_that_is_refused_is_not_tried_again(
    provider: CredlyProvider, account: Account, stage: CredlyStage
) -> None:
    stage.sandbox.access_token_seconds = -1
    with pytest.raises(Misconfigured, match="401"):
        provider.issue(account, stage.order())
    assert tokens_asked(stage) == 1
    assert [path for path, _ in stage.sent("POST")] == ["/oauth/token", "/badges"]


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, {"error": "invalid_client"}), (400, {"error": "invalid_scope"}), (404, {"error": "not_found"})],
)
def test_a_client_that_is_not_known_is_a_misconfiguration(
    provider: CredlyProvider, stage: CredlyStage, status: int, body: object
) -> None:
    with responses.RequestsMock() as mock:
        mock.post(TOKEN_URL, json=body, status=status)
        with pytest.raises(Misconfigured, match=str(status)):
            provider.issue(CLIENT, stage.order())


@pytest.mark.parametrize("answer", [{}, {"access_token": ""}, {"access_token": 5}])
def test_an_answer_without_a_token_is_retriable(
    provider: CredlyProvider, stage: CredlyStage, answer: dict[str, object]
) -> None:
    with responses.RequestsMock() as mock:
        mock.post(TOKEN_URL, json=answer)
        with pytest.raises(Retriable, match="holds none"):
            provider.issue(CLIENT, stage.order())


def test_another_secret_never_gets_this_ones_token(
    provider: CredlyProvider, account: Account, stage: CredlyStage
) -> None:
    provider.check(account)
    with pytest.raises(Misconfigured, match="invalid_client"):
        provider.check(replace(account, api_key="wrong"))
    with pytest.raises(Misconfigured, match="invalid_client"):
        provider.check(replace(account, options={"client_id": "another"}))
    assert KEY not in repr(oauth._grants)
    assert not any(token in repr(oauth._grants) for token in stage.sandbox.access_tokens)


def test_neither_the_secret_nor_the_token_is_echoed(provider: CredlyProvider, stage: CredlyStage) -> None:
    token = "an-access-token-of-credly"
    said = {"data": {"message": f"bad {token} of the-client-secret-of-oauth"}}
    with responses.RequestsMock() as mock:
        mock.post(TOKEN_URL, json={"access_token": token, "expires_in": 7200})
        mock.get(f"{BASE_URL}organizations/{ORG}/badges", json=said, status=401)
        with pytest.raises(Misconfigured) as caught:
            provider.find(CLIENT, stage.order())
    assert "bad [key] of [key]" in str(caught.value)
    with responses.RequestsMock() as mock:
        mock.post(TOKEN_URL, json={"error": "no the-client-secret-of-oauth here"}, status=400)
        with pytest.raises(Misconfigured) as caught:
            provider.find(replace(CLIENT, options={"client_id": "client-2"}), stage.order())
    assert "the-client-secret" not in repr(caught.value)


def test_a_secret_is_struck_out_as_it_was_sent(provider: CredlyProvider) -> None:
    secret = "a/secret+of=odd&characters"
    with responses.RequestsMock() as mock:
        mock.add_callback("POST", TOKEN_URL, lambda asked: (400, {}, json.dumps({"message": str(asked.body)})))
        with pytest.raises(Misconfigured) as caught:
            provider.check(replace(CLIENT, api_key=secret))
    assert "client_secret=[key]&" in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["http://credly.example/oauth/token", "ftp://a/b", "token", "https://a.example", "https://a.example/t?x=1"],
)
def test_a_secret_goes_only_to_a_good_address(provider: CredlyProvider, stage: CredlyStage, address: str) -> None:
    wrong = replace(CLIENT, options={"client_id": "client-1", "token_url": address})
    with responses.RequestsMock(), pytest.raises(Misconfigured, match="base URL"):
        provider.issue(wrong, stage.order())


def test_the_sandbox_of_credly_may_have_its_token_address_elsewhere(provider: CredlyProvider) -> None:
    stage = CredlyStage()
    base_url, token_url = provider.base_urls["sandbox"], "https://sandbox.credly.com/oauth/token"
    options = {"client_id": stage.organization.client_id, "token_url": token_url}
    with in_memory(stage.sandbox, base_url, {token_url: stage.sandbox}):
        account = Account(external_id=stage.organization_id, api_key=KEY, base_url=base_url, options=options)
        assert provider.check(account).name == "Harbour Point Institute"
