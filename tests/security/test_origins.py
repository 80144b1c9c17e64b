"""Visitors are told apart by where they come from, as our own proxies say, and nobody else."""

from typing import Any

import pytest
from django.test import RequestFactory

from credentials_badges.badges import origins

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("proxies", "remote", "told", "network"),
    [
        (0, "192.0.2.1", "", "192.0.2.1"),
        (0, "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        (1, "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (1, "10.0.0.1", "203.0.113.5, 198.51.100.7", "198.51.100.7"),
        (2, "10.0.0.1", "203.0.113.5, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (1, "192.0.2.1", "", "192.0.2.1"),
        (2, "192.0.2.1", "203.0.113.5", "192.0.2.1"),
        (1, "192.0.2.1", "nonsense", "unknown"),
        (0, "", "", "unknown"),
        (0, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        (0, "::ffff:192.0.2.1", "", "192.0.2.1"),
    ],
)
def test_the_network_is_where_the_visitor_comes_from(
    settings: Any, proxies: int, remote: str, told: str, network: str
) -> None:
    settings.PROXIES = proxies
    headers = {"X-Forwarded-For": told} if told else {}
    assert origins.network(RequestFactory(headers=headers).get("/", REMOTE_ADDR=remote)) == network
