"""Requests that no database can look up are answered, not crashed on."""

import pytest
from django.test import Client

from credentials_badges.badges.models import Learner

ODD = [
    "/admin/badges/learningevent/?type=%00",
    "/admin/badges/issuance/?pk__in=99999999999999999999999999",
    "/admin/badges/issuance/?status__exact=%00",
    "/admin/badges/credlybadge/?q=%00",
    "/admin/badges/credlybadge/99999999999999999999999999/change/",
    "/admin/badgekit/claimcode/add/?badge=abc",
]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ODD)
def test_an_odd_address_is_no_server_error(address: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(Learner.objects.create_superuser("root", "root@example.com", "x"))
    assert client.get(address).status_code in {200, 302, 400, 404}


@pytest.mark.django_db
def test_an_odd_selection_is_no_server_error() -> None:
    client = Client(raise_request_exception=False)
    client.force_login(Learner.objects.create_superuser("root", "root@example.com", "x"))
    odd = {"action": "retry", "_selected_action": "abc"}
    assert client.post("/admin/badges/issuance/", odd).status_code in {302, 400}
