"""A real server, asked as a container's probe asks it, while its broker is away."""

import json
import socket
import time
from pathlib import Path

import pytest
import requests

from tests.story.service import Service, sqlite

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.once]


def ask(port: int, path: str) -> tuple[int, bytes]:
    """The answer, asked for under the name of another host."""
    answer = requests.get(f"http://127.0.0.1:{port}{path}", headers={"Host": "strange.example"}, timeout=10)
    return answer.status_code, answer.content


def test_a_server_without_its_broker_lives_and_says_in_time_that_it_is_not_ready(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        dead = nobody.getsockname()[1]
        service = Service(sqlite(tmp_path), f"redis://:hunter2@127.0.0.1:{dead}/0")
        with service.server(PUBLIC_BASE_URL="http://127.0.0.1:8000") as port:
            assert ask(port, "/healthz") == (200, b"ok\n")
            assert ask(port, "/my/")[0] == 400
            began = time.monotonic()
            status, body = ask(port, "/readyz")
            assert time.monotonic() - began < 3
    told = json.loads(body)
    assert (status, told["status"]) == (503, "failing")
    assert told["checks"]["database"] == "ok"
    assert told["checks"]["broker"].startswith("no connection (")
    assert "hunter2" not in body.decode()
