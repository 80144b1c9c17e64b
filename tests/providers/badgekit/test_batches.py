"""Codes as organisers make and change them: what is refused, what is done to many at once, and what is left alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from providers.badgekit import batches, claims
from providers.badgekit.batches import Terms
from providers.badgekit.instances import Award
from providers.badgekit.models import Badge, Batch, Claim, ClaimCode, System
from tests.providers.badgekit.api import ADA, Caller, badge, make
from tests.providers.badgekit.claim_page import kept
from tests.providers.badgekit.desk import member

NO_WORDS = ("ab", " ab ", "e\u0301e\u0301", "x" * 256, "a\0bc", "a\nbc", "abc\u0085d", "\ud800abc")
LATER = datetime(2030, 5, 1, tzinfo=UTC)


def refusals(work: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        work()
    return dict(caught.value.message_dict)


def codes(system: str = "city") -> Any:
    return batches.codes_of(System.objects.get(slug=system))


@pytest.mark.usefixtures("api")
class TestTerms:
    @pytest.mark.parametrize(
        ("told", "wrong"),
        [
            ({"limit": 5}, "limit"),
            ({"limit": 0, "multiuse": True}, "limit"),
            ({"limit": 10**30, "multiuse": True}, "limit"),
            ({"limit": -1, "multiuse": True}, "limit"),
            ({"starts_at": LATER, "ends_at": LATER}, "ends_at"),
            ({"ends_at": datetime.min.replace(tzinfo=UTC)}, "ends_at"),
            ({"starts_at": datetime.max.replace(tzinfo=UTC)}, "starts_at"),
            ({"bound_to": "nobody"}, "bound_to"),
            ({"bound_to": "@" + "x" * 10_000}, "bound_to"),
            ({"status": "gone"}, "status"),
            ({"evidence": "much"}, "evidence"),
            ({"asks_for": "x" * 501}, "asks_for"),
            ({"asks_for": "a\0b"}, "asks_for"),
            ({"label": "a\nb"}, "label"),
            ({"label": "\ud800"}, "label"),
            ({"label": "x" * 256}, "label"),
            ({"handed_out_to": "\0"}, "handed_out_to"),
        ],
    )
    def test_what_makes_no_sense_is_refused_by_name(self, told: dict[str, Any], wrong: str) -> None:
        assert refusals(Terms(**told).check).keys() == {wrong}

    @pytest.mark.parametrize(
        "told",
        [
            {"bound_to": "@example.org", "multiuse": True, "limit": 1},
            {"bound_to": "ada@example.org", "asks_for": "A picture,\nor two.", "evidence": "required"},
            {"label": "مرحبا 🎉 李小龍", "status": "draft", "starts_at": LATER, "ends_at": LATER + timedelta(1)},
        ],
    )
    def test_the_rest_is_taken_and_asks_the_database_nothing(self, told: dict[str, Any]) -> None:
        with CaptureQueriesContext(connection) as statements:
            Terms(**told).check()
        assert len(statements) == 0


@pytest.mark.usefixtures("api")
class TestOneCode:
    def test_it_has_the_words_and_the_terms_and_says_who_made_it(self) -> None:
        owner = member()
        terms = Terms(label="Door", multiuse=True, limit=9, needs_approval=True, handed_out_to="The door")
        code = batches.make_code(badge(), "  Tag der Tür 🎉 ", terms, owner)
        code.refresh_from_db()
        assert (code.code, code.label, code.limit, code.needs_approval) == ("Tag der Tür 🎉", "Door", 9, True)
        assert (code.made_by, code.batch) == (owner, None)
        assert code.handed_out_at is not None

    @pytest.mark.parametrize("text", NO_WORDS)
    def test_words_that_can_be_none_are_refused(self, text: str) -> None:
        assert refusals(lambda: batches.make_code(badge(), text, Terms(), None)).keys() == {"code"}
        assert not ClaimCode.objects.exists()

    def test_the_shortest_and_the_longest_are_taken(self) -> None:
        for text in ("abc", "x" * 255, "李小龍"):
            assert batches.make_code(badge(), text, Terms(), None).code == text

    def test_without_words_it_is_made_up(self) -> None:
        assert len(batches.make_code(badge(), "", Terms(), None).code) == 12

    def test_it_joins_a_batch(self) -> None:
        batch = Batch.objects.create(badge=badge(), label="Doors")
        assert batches.make_code(badge(), "one-more", Terms(), None, batch).batch == batch

    def test_words_are_compared_as_where_they_are_claimed(self) -> None:
        make("Tür")
        for text in ("tür", "TUR", "Tür "):
            said = refusals(lambda text=text: batches.make_code(badge("reader"), text, Terms(), None))
            assert said == {"code": ["“Coder” has this code already."]}

    def test_of_another_system_it_is_only_told_that_they_are_taken(self) -> None:
        make("winter", "farmer")
        kept_one = kept()
        for text in ("winter", kept_one.code):
            said = refusals(lambda text=text: batches.make_code(badge(), text, Terms(), None))
            assert said == {"code": ["This code is taken on this server: think of another."]}

    def test_words_of_a_deleted_code_are_free(self) -> None:
        claims.delete(make("winter"))
        assert batches.make_code(badge(), "winter", Terms(), None).code == "winter"

    @pytest.mark.parametrize("slug", ["retired", "hidden"])
    def test_a_badge_that_is_archived_or_deleted_gets_none(self, slug: str) -> None:
        Badge.objects.get(slug="reader").hide()
        Badge.objects.filter(slug="reader").update(slug="hidden")
        gone = Badge.objects.get(slug=slug)
        assert refusals(lambda: batches.make_code(gone, "winter", Terms(), None)).keys() == {"badge"}
        assert refusals(lambda: batches.make_batch(gone, "Winter", 2, Terms(), None)).keys() == {"badge"}


@pytest.mark.usefixtures("api")
class TestABatch:
    def test_all_its_codes_have_the_terms(self) -> None:
        owner = member()
        batch = batches.make_batch(badge(), " Fair ", 3, Terms(label="Stand", bound_to="@example.org"), owner)
        found = set(batch.codes.values_list("label", "bound_to", "badge__slug", "made_by"))
        assert (batch.label, batch.made_by, batch.badge) == ("Fair", owner, badge())
        assert found == {("Stand", "@example.org", "coder", owner.pk)}
        assert len({code.code_key for code in batch.codes.all()}) == 3

    @pytest.mark.parametrize("number", [0, -1, 10_001, 10**30])
    def test_a_number_that_cannot_be_made_at_once_is_refused(self, number: int) -> None:
        assert refusals(lambda: batches.make_batch(badge(), "Fair", number, Terms(), None)).keys() == {"number"}

    @pytest.mark.parametrize("label", ["", "  ", "x" * 256, "\0"])
    def test_it_needs_a_label(self, label: str) -> None:
        assert refusals(lambda: batches.make_batch(badge(), label, 2, Terms(), None)).keys() == {"label"}
        assert not Batch.objects.exists()

    def test_10_000_codes_take_few_statements(self) -> None:
        def cost(number: int) -> int:
            with CaptureQueriesContext(connection) as statements:
                batches.make_batch(badge(), "Fair", number, Terms(), None)
            return len(statements)

        few, many = cost(1_000), cost(10_000)
        assert many <= 10 * few
        assert few < 60
        assert ClaimCode.objects.values("code_key").distinct().count() == 11_000


class TestTogether:
    def test_a_text_that_is_there_already_is_made_up_again(
        self, committed: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make("once-more")
        texts = iter(["fresh-1", "once-more", "fresh-2", "fresh-3"])
        monkeypatch.setattr(batches, "random_code", lambda: next(texts))
        batch = batches.make_batch(badge(), "Fair", 2, Terms(), None)
        assert set(batch.codes.values_list("code", flat=True)) == {"fresh-2", "fresh-3"}
        assert Batch.objects.count() == 1

    def test_of_many_who_think_of_the_same_words_one_gets_them(self, committed: Caller) -> None:
        number = 4
        start = Barrier(number)

        def think(which: int) -> bool:
            start.wait(timeout=10)
            try:
                batches.make_code(badge(("coder", "reader")[which % 2]), "winter", Terms(), None)
            except ValidationError:
                return False
            else:
                return True
            finally:
                connection.close()

        with ThreadPoolExecutor(number) as pool:
            assert sum(pool.map(think, range(number))) == 1
        assert ClaimCode.objects.count() == 1


@pytest.mark.usefixtures("api")
class TestChanging:
    def test_pausing_and_resuming_count_what_they_changed(self) -> None:
        for text, status in (("one", "active"), ("two", "paused"), ("three", "draft")):
            make(text, status=status)
        assert batches.pause(codes()) == 1
        assert sorted(codes().values_list("code", "status")) == [
            ("one", "paused"),
            ("three", "draft"),
            ("two", "paused"),
        ]
        assert batches.resume(codes()) == 3
        assert set(codes().values_list("status", flat=True)) == {"active"}

    def test_terms_are_given_to_all_of_them(self) -> None:
        code = make("one", multiuse=True, limit=9, uses=5)
        make("two")
        assert batches.change(codes(), Terms(label="Spring", multiuse=True, limit=3, needs_approval=True)) == 2
        code.refresh_from_db()
        assert (code.label, code.limit, code.needs_approval, code.uses) == ("Spring", 3, True, 5)
        assert code.state == ClaimCode.State.EXHAUSTED

    def test_terms_that_make_no_sense_change_nothing(self) -> None:
        make("one")
        assert refusals(lambda: batches.change(codes(), Terms(limit=3, label="Spring"))).keys() == {"limit"}
        assert codes().get().label == ""

    def test_handing_out_says_where_and_when(self) -> None:
        make("one")
        assert batches.hand_out(codes(), " The fair ", LATER) == 1
        assert codes().values_list("handed_out_to", "handed_out_at").get() == ("The fair", LATER)
        assert batches.hand_out(codes(), "Ada") == 0  # Nobody is handed what another has.
        codes().update(handed_out_to="")
        assert batches.hand_out(codes(), "Ada") == 1
        assert abs(timezone.now() - codes().get().handed_out_at) < timedelta(minutes=1)
        for place in ("", "  ", "x" * 256, "\0"):
            assert refusals(lambda place=place: batches.hand_out(codes(), place)).keys() == {"handed_out_to"}

    def test_deleting_is_what_it_is_in_the_api(self) -> None:
        one, two = make("one", multiuse=True), make("two", multiuse=True, needs_approval=True)
        claims.claim(one, Award(email=ADA, base_url="http://testserver/"))
        claim = Claim.objects.create(code=two, badge=two.badge, email=ADA, state="submitted", open_for=ADA)
        assert batches.delete(codes()) == 2
        assert batches.delete(codes()) == 0
        assert set(codes().values_list("code_key", "cancelled_at")) == {(None, None)}
        claim.refresh_from_db()
        assert claim.state == "submitted"
        assert badge().instances.get().email == ADA
        assert make("one").code_key == "one"

    def test_codes_that_are_kept_or_deleted_or_another_system_s_are_left_alone(self) -> None:
        reserved, other, gone = kept(), make("theirs", "farmer"), make("gone")
        claims.delete(gone)
        before = list(ClaimCode.objects.order_by("pk").values())
        for found in (codes(), ClaimCode.objects.filter(pk__in=[reserved.pk, gone.pk])):
            batches.pause(found)
            batches.resume(found)
            batches.hand_out(found, "Ada")
            batches.change(found, Terms(label="Spring"))
            batches.delete(found)
        assert list(ClaimCode.objects.order_by("pk").values()) == before
        assert list(codes()) == [gone]
        assert list(codes("village")) == [other]

    def test_each_is_one_statement_for_any_number(self) -> None:
        batches.make_batch(badge(), "Fair", 30, Terms(), None)
        for work in (
            batches.pause,
            batches.resume,
            lambda found: batches.hand_out(found, "Ada"),
            lambda found: batches.change(found, Terms(label="Spring")),
            batches.delete,
        ):
            found = codes()
            with CaptureQueriesContext(connection) as statements:
                assert work(found) == 30
            assert len(statements) == 1
