"""Of many who need an issuer's first key at once, all get the same."""

import pytest

from credentials_badges.openbadges import keys
from credentials_badges.openbadges.models import SigningKey
from tests.badges.test_racing import race

WHO = ("badgekit", "program-1")


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_all_get_the_same_key() -> None:
    found = race(lambda _: keys.newest(*WHO, "EdDSA").public_jwk["x"])
    assert len(found) > 1
    assert len(set(found)) == 1
    assert SigningKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_exchange_it_one_makes_the_next() -> None:
    first = keys.newest(*WHO, "EdDSA")
    race(lambda _: keys.exchange([first]))
    assert list(SigningKey.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
