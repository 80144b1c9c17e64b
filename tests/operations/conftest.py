"""What is logged during a test, as an operator would read it."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from structlog.stdlib import ProcessorFormatter

from credentials_badges import logs
from tests.badges.world import World, world


@pytest.fixture(autouse=True)
def _about_nothing() -> Iterator[None]:
    logs.begin()
    yield
    logs.begin()


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """All records so far, as JSON, down to INFO. What other tests have hidden for ever is forgotten meanwhile."""
    monkeypatch.setattr(logs, "_always_hidden", frozenset())
    made = logs.config("json", "INFO")["formatters"]["json"]
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ProcessorFormatter(processors=made["processors"], foreign_pre_chain=made["foreign_pre_chain"]))
    handler.addFilter(logs.Pathless())
    level = root.level
    root.addHandler(handler)
    root.setLevel("INFO")
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def credly(db: None) -> Iterator[World]:
    """A Credly organization with three pulled templates."""
    with world() as built:
        yield built
