"""Celery's messages as files: a disk that is full leaves no half of one, since a worker that meets that would stop."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection
from kombu.exceptions import ChannelError

from credentials_badges import celery, file_broker

assert celery.app, "it is what makes our transport that of filesystem://"


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[file_broker.Channel]:
    options = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path), "control_folder": str(tmp_path / "c")}
    with Connection("filesystem://", transport_options=options) as connection:
        channel = connection.default_channel
        assert isinstance(channel, file_broker.Channel)
        yield channel


def test_messages_arrive_in_their_own_queue(channel: file_broker.Channel) -> None:
    channel._put("events", {"number": 1})
    channel._put("mail", {"number": 2})
    assert (channel._get("mail"), channel._get("events")) == ({"number": 2}, {"number": 1})


def test_a_full_disk_leaves_no_half_of_a_message(
    channel: file_broker.Channel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_text

    def write_half(self: Path, text: str, **options: Any) -> int:
        write(self, text[: len(text) // 2], **options)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", write_half)
    with pytest.raises(ChannelError, match="cannot be written"):
        channel._put("events", {"number": 1})
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == []
