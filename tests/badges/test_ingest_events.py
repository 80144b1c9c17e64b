"""``ingest_events``: every line is stored, or told by its number and kept."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from credentials_badges.badges.management.commands.ingest_events import LONGEST_LINE, MOST_SENTENCES
from credentials_badges.badges.models import LearningEvent, UnreadableEvent
from tests.badges.world import PASSING, World, passing, requirement

pytestmark = pytest.mark.django_db


def ingest(tmp_path: Path, *lines: bytes | dict[str, Any], end: bytes = b"\n") -> tuple[str, list[str]]:
    """What the command says, and its complaints, about a file of these lines."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(end.join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    out, err = io.StringIO(), io.StringIO()
    call_command("ingest_events", str(file), stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue().splitlines()


def test_the_counts_are_told(credly: World, tmp_path: Path) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    event = passing("ada", "OneX")
    out, err = ingest(tmp_path, event, passing("ben", "OneX"), event, b"{")
    assert out == "accepted 2, duplicate 1, invalid 1"
    assert err == ["events.jsonl, line 4: not JSON: Expecting property name enclosed in double quotes at column 2."]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n \n"])
def test_line_ends_blank_lines_and_a_byte_order_mark_are_no_obstacle(tmp_path: Path, end: bytes) -> None:
    first = b"\xef\xbb\xbf" + json.dumps(passing("ada", "OneX")).encode()
    out, _ = ingest(tmp_path, first, passing("ben", "OneX"), b"", end=end)
    assert out == "accepted 2, duplicate 0, invalid 0"


def test_the_last_line_needs_no_end(tmp_path: Path) -> None:
    assert ingest(tmp_path, passing("ada", "OneX"))[0] == "accepted 1, duplicate 0, invalid 0"


def test_an_empty_file_has_no_events(tmp_path: Path) -> None:
    assert ingest(tmp_path) == ("accepted 0, duplicate 0, invalid 0", [])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"id": "\xff\xfe"}', "not UTF-8"),
        (b"[" * 50_000, "nested too deep"),
        (b'{"id": ' + b"1" * 5000 + b"}", "too many digits"),
        (b"[]", "must be a JSON object"),
        (b"nul\0l", "not JSON"),
        (b'{"id": "1", "type": "t", "data": {"x": NaN}}', "data holds a number"),
        (b'{"id": "1", "type": "t", "data": {"x": 1e400}}', "data holds a number"),
        (b'{"id": "1", "type": "t", "data": {"x": "\\u0000"}}', "data holds a NUL"),
        (b'{"id": "1", "type": "t", "data": {"x": "\xed\xa0\x80"}}', "surrogate"),
        (b'{"id": "' + b"x" * 2_000_000 + b'"}', "longer than 1,000,000 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_line_is_told_by_its_number_and_kept_and_its_neighbours_go_on(
    tmp_path: Path, line: bytes, why: str
) -> None:
    out, err = ingest(tmp_path, passing("ada", "OneX"), b"", line, passing("ben", "OneX"))
    assert out == "accepted 2, duplicate 0, invalid 1"
    assert err[0].startswith("events.jsonl, line 3: ")
    assert why in err[0]
    kept = UnreadableEvent.objects.get()
    assert (kept.source, kept.where) == ("events.jsonl", "line 3")
    assert why in kept.reason
    assert kept.body.startswith(line[:5].decode().replace("\0", "\N{REPLACEMENT CHARACTER}"))
    assert len(kept.body) <= LONGEST_LINE


def test_the_same_broken_line_is_kept_once_however_often_it_is_sent(tmp_path: Path) -> None:
    for _ in range(2):
        assert ingest(tmp_path, b"broken", b"broken", b"other")[0] == "accepted 0, duplicate 0, invalid 3"
    assert [kept.body for kept in UnreadableEvent.objects.order_by("pk")] == ["broken", "other"]


def test_many_broken_lines_are_kept_all_and_told_in_part(tmp_path: Path) -> None:
    out, err = ingest(tmp_path, *[f"broken {number}".encode() for number in range(MOST_SENTENCES + 5)])
    assert out.endswith(f"invalid {MOST_SENTENCES + 5}")
    assert len(err) == MOST_SENTENCES + 1
    assert err[-1] == "… and 5 more lines that are no events."
    assert UnreadableEvent.objects.count() == MOST_SENTENCES + 5


def test_events_that_name_nobody_are_told_with_the_first_line(credly: World, tmp_path: Path) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    nobody = {"type": PASSING, "data": {"is_passing": True}}
    out, err = ingest(tmp_path, passing("ada", "OneX"), {**nobody, "id": "1"}, {**nobody, "id": "2"})
    assert out == "accepted 3, duplicate 0, invalid 0"
    assert len(err) == 1
    assert err[0].startswith("events.jsonl, line 2: The event names no learner")
    assert "Events of this kind: 2; they were kept" in err[0]
    assert LearningEvent.objects.filter(source="events.jsonl").count() == 2


def test_a_type_that_no_rule_asks_for_is_told_once(credly: World, tmp_path: Path) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    other = [passing("ada", "OneX", type="org.example.typo") for _ in range(3)]
    _, err = ingest(tmp_path, passing("ada", "OneX"), *other)
    assert err == ["events.jsonl, line 2: no active rule asks for events of type org.example.typo; kept."]


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    event = {"id": "1", "type": "t", "data": {}}
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(event).encode())))
    out = io.StringIO()
    call_command("ingest_events", "-", stdout=out, stderr=io.StringIO())
    assert out.getvalue() == "accepted 1, duplicate 0, invalid 0\n"
    assert LearningEvent.objects.get().source == "stdin"


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="missing cannot be read: No such file"):
        call_command("ingest_events", str(tmp_path / "missing"))
    with pytest.raises(CommandError, match="cannot be read: Is a directory"):
        call_command("ingest_events", str(tmp_path))


def test_a_file_is_stored_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credentials_badges.badges.conf.BATCH", 4)
    out, _ = ingest(tmp_path, *[passing("ada", "OneX") for _ in range(10)])
    assert out == "accepted 10, duplicate 0, invalid 0"
    assert LearningEvent.objects.count() == 10
