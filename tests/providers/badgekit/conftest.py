"""Fixtures of the tests of BadgeKit's store and API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from credentials_badges.badges import syncing
from credentials_badges.badges.models import BadgeTemplate, ProviderAccount
from providers.badgekit.models import Batch, Criterion, System, Webhook
from providers.badgekit.models.claims import evidence_storage
from tests.badges.world import World, world
from tests.providers.badgekit.api import CONTEXTS, HOOK, MASTER, Caller, badge, store
from tests.providers.badgekit.applications import apply


@pytest.fixture(autouse=True)
def evidence_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files of evidence are stored: with each test, somewhere else."""
    monkeypatch.setitem(vars(evidence_storage()), "location", str(tmp_path / "evidence"))
    return tmp_path / "evidence"


@pytest.fixture
def api(db: None, settings: Any) -> Caller:
    """Calls with the master's key to a small store."""
    settings.BADGEKIT_MASTER_SECRET = MASTER
    store()
    return Caller()


@pytest.fixture
def committed(transactional_db: None, settings: Any) -> Caller:
    """The same, to a store that is committed, so that all threads see it."""
    settings.BADGEKIT_MASTER_SECRET = MASTER
    store()
    return Caller()


@pytest.fixture(params=CONTEXTS)
def context(request: pytest.FixtureRequest) -> str:
    """The beginning of a path, in each of the three contexts."""
    return CONTEXTS[request.param]


@pytest.fixture
def codes(context: str) -> str:
    """The address of a badge's codes."""
    return f"{context}/badges/coder/codes"


@pytest.fixture
def instances(context: str) -> str:
    """The address of a badge's instances."""
    return f"{context}/badges/coder/instances"


@pytest.fixture
def criteria(api: Caller) -> list[int]:
    """The ids of the badge's criteria: two are required, and one is not. Somebody has applied for the badge."""
    apply("one")
    coder = badge()
    Criterion.objects.create(badge=coder, description="Show it.", required=True)
    Criterion.objects.create(badge=coder, description="Sing it.")
    return list(coder.criteria.values_list("pk", flat=True))


@pytest.fixture
def webhook(api: Caller) -> Webhook:
    """The city's own site, which is told what happens."""
    city = System.objects.get(slug="city")
    return Webhook.objects.create(system=city, url="https://city.example/hook", secret=HOOK)


@pytest.fixture
def credly(api: Caller) -> Iterator[World]:
    """A Credly organization with three templates, beside the small store."""
    with world() as built:
        yield built


@pytest.fixture
def template(credly: World) -> BadgeTemplate:
    """A template of Credly's."""
    return credly.templates[0]


@pytest.fixture
def own_template(api: Caller) -> BadgeTemplate:
    """The store's own badge, as a template of ours."""
    account = ProviderAccount.objects.create(provider="badgekit", external_id="city", name="The City")
    syncing.pull(account)
    return BadgeTemplate.objects.get(account=account, external_id="coder")


@pytest.fixture
def city(api: Caller) -> System:
    """The system that has most badges of the small store."""
    return System.objects.get(slug="city")


@pytest.fixture
def batch(api: Caller) -> Batch:
    """Of the coder's badge, still without codes."""
    return Batch.objects.create(badge=badge(), label="Open day")
