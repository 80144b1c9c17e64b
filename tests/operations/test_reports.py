"""What Sentry and OpenTelemetry are sent by their real packages, over a real socket: enough, and nothing secret."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.operations.reporting import CODE, KEY, PERSON
from tests.story.service import ROOT

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.once]

SECRETS = (CODE, KEY, PERSON, "lovelace")


class Reported(NamedTuple):
    """What came of a run of `reporting`."""

    log: list[dict[str, Any]]
    sentry: list[dict[str, Any]]
    spans: list[Any]
    bodies: list[bytes]


def run(folder: Path, *, module: str = "tests.operations.reporting", **named: str) -> subprocess.CompletedProcess[str]:
    """Run it with a database of its own, and with these settings."""
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder / 'badges.sqlite3'}", "BROKER_URL": "memory://"}
    return subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env={**environment, "LOG_FORMAT": "json", **named},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Reported:
    """All that was told to anybody."""
    received: list[tuple[str, bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            zipped = self.headers.get("Content-Encoding") == "gzip"
            received.append((self.path, gzip.decompress(body) if zipped else body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        here = f"127.0.0.1:{server.server_address[1]}"
        done = run(
            tmp_path_factory.mktemp("reporting"),
            SENTRY_DSN=f"http://public@{here}/1",
            SENTRY_ENVIRONMENT="harbour",
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{here}/",
            RECEIVER=f"http://{here}",
        )
        server.shutdown()
    assert done.returncode == 0, done.stderr
    return Reported(
        log=[json.loads(line) for line in done.stderr.splitlines()],
        sentry=[event for path, body in received if path.endswith("/envelope/") for event in _events(body)],
        spans=[span for path, body in received if path == "/v1/traces" for span in _spans(body)],
        bodies=[body for path, body in received if not path.startswith("/hooks")],
    )


def _events(envelope: bytes) -> Iterator[dict[str, Any]]:
    lines = [json.loads(line) for line in envelope.splitlines() if line]
    yield from (line for line in lines if "level" in line)


def _spans(body: bytes) -> Iterator[Any]:
    told = ExportTraceServiceRequest.FromString(body)
    yield from (span for resource in told.resource_spans for scope in resource.scope_spans for span in scope.spans)


@pytest.mark.parametrize("secret", SECRETS)
def test_nobody_is_told_what_is_secret(reported: Reported, secret: str) -> None:
    assert reported.bodies
    assert not [body for body in reported.bodies if secret.encode() in body]
    assert secret not in json.dumps(reported.log)


def test_sentry_is_told_what_crashed_where_and_in_which_request(reported: Reported) -> None:
    crashed = next(event for event in reported.sentry if event.get("transaction") == "/crash/{code}/")
    (error,) = crashed["exception"]["values"]
    assert (error["type"], error["value"]) == ("RuntimeError", "[hidden], [hidden] and [address] do not go together")
    assert error["stacktrace"]["frames"][-1]["function"] == "crash"
    assert crashed["environment"] == "harbour"
    line = next(told for told in reported.log if told.get("route") == "/crash/<path:code>/")
    assert crashed["tags"]["request_id"] == line["request_id"]
    assert crashed.keys().isdisjoint({"request", "user", "extra", "breadcrumbs", "contexts"})


def test_sentry_is_told_of_tasks_and_of_errors_in_the_log(reported: Reported) -> None:
    task = next(event for event in reported.sentry if event.get("transaction") == "tests.crash")
    assert task["tags"]["task"] == "tests.crash"
    said = [event["logentry"]["message"] for event in reported.sentry if "logentry" in event]
    assert said == ["the mail to [address] was refused"]
    assert len(reported.sentry) == 3


def test_spans_tell_of_pages_calls_and_tasks(reported: Reported) -> None:
    told = {
        span.name: {each.key: each.value.string_value or each.value.int_value for each in span.attributes}
        for span in reported.spans
    }
    assert told["GET claim/<path:code>/"]["http.route"] == "claim/<path:code>/"
    assert told["POST"]["server.address"] == "127.0.0.1"
    assert any(attributes.get("celery.task_name") == "tests.crash" for attributes in told.values())
    page = next(span for span in reported.spans if span.name.startswith("GET claim"))
    call = next(span for span in reported.spans if span.name == "POST")
    assert call.parent_span_id == page.span_id


@pytest.mark.parametrize(
    ("setting", "package", "extra"),
    [("SENTRY_DSN", "sentry_sdk", "sentry"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "opentelemetry", "otel")],
)
def test_whoever_names_a_receiver_without_the_package_is_told_what_to_install(
    tmp_path: Path, setting: str, package: str, extra: str
) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text(f"raise ModuleNotFoundError('missing', name={package!r})")
    done = run(
        tmp_path,
        module="credentials_badges.celery",
        PYTHONPATH=str(tmp_path),
        **{setting: "http://public@127.0.0.1:9/1"},
    )
    assert done.returncode == 0, done.stderr
    done = run(tmp_path, PYTHONPATH=str(tmp_path), **{setting: "http://public@127.0.0.1:9/1"})
    assert done.returncode == 1
    assert f"{setting} is set, but the package {package} is missing" in done.stderr
    assert f"install credentials-badges[{extra}], or do not set {setting}." in done.stderr
