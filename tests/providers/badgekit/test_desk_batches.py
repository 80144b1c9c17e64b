"""The desk's lists of batches, and codes as a file."""

import csv
from io import StringIO

import pytest

from providers.badgekit import claims
from providers.badgekit.instances import Award
from providers.badgekit.models import Batch
from tests.providers.badgekit.api import badge, make
from tests.providers.badgekit.claim_page import words
from tests.providers.badgekit.desk import at_desk, path, system
from tests.providers.badgekit.desk_codes import fair

pytestmark = pytest.mark.usefixtures("api")


class TestTheExport:
    def test_it_has_the_codes_that_are_asked_for(self) -> None:
        make("winter", status="paused")
        make("=spring")
        answer = at_desk("reader").get(path("codes/export/?state=active"))
        assert answer["Content-Disposition"] == 'attachment; filename="codes.csv"'
        text = b"".join(answer).decode("utf-8-sig")
        (row,) = csv.DictReader(StringIO(text, newline=""))
        assert (row["code"], row["badge"], row["state"]) == ("'=spring", "Coder", "active")


class TestBatches:
    def test_they_are_listed_with_their_numbers(self) -> None:
        batch = fair(3)
        code = batch.codes.first()
        assert code is not None
        claims.claim(code, Award(email="ada@example.com", base_url="http://testserver/"))
        shown = words(at_desk("reader").get(path("batches/")))
        assert "Fair Coder 3 1 2" in shown
        assert "owner-of-city" in shown
        page = at_desk("reader").get(path(f"batches/{batch.pk}/"))
        assert "3 codes for “Coder”, 1 claimed, 2 free." in words(page)
        assert {code.code for code in page.context["page"]} == set(batch.codes.values_list("code", flat=True))
        for below in (f"codes/?batch={batch.pk}", f"codes/export/?batch={batch.pk}"):
            assert f'href="{path(below)}"' in page.text

    def test_one_without_codes_is_shown(self) -> None:
        batch = Batch.objects.create(badge=badge(), label="Empty")
        assert "0 codes" in words(at_desk().get(path(f"batches/{batch.pk}/")))
        assert at_desk().get(path("batches/")).status_code == 200
        assert at_desk().get(path("batches/", "village")).status_code == 404

    @pytest.mark.parametrize(
        "below", ["codes/0/", f"codes/{'9' * 40}/", f"batches/{'9' * 40}/", f"codes/{'9' * 40}/edit/"]
    )
    def test_unknown_ones_are_not_found(self, below: str) -> None:
        assert system().pk
        assert at_desk().get(path(below)).status_code == 404
