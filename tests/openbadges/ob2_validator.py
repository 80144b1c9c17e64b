"""1EdTech's own validator of Open Badges 2.0, in a process of its own, and documents that somebody has altered."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import requests

from credentials_badges.sandbox import serve
from tests.openbadges import kept

JUDGING = Path(__file__).with_name("judging.py")
HOLDER = {"email": "ada@example.com"}
Alter = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Report:
    """What the validator says."""

    told: dict[str, Any]

    @property
    def valid(self) -> bool:
        """Whether it takes it for true."""
        return bool(self.told["report"]["valid"])

    @property
    def complaints(self) -> list[str]:
        """All that it has to say, of errors and of what is only odd."""
        return [each["result"] for each in self.told["report"]["messages"]]

    @property
    def kinds(self) -> set[str]:
        """Of what it has read."""
        return {str(each.get("type")) for each in self.told["graph"]}


def validate(*asked: str | Path, recipient: dict[str, str] | None = None) -> list[Report]:
    """A report on each: an address, a document, or a file of a picture."""
    lines = [{"picture" if isinstance(each, Path) else "input": str(each), "recipient": recipient} for each in asked]
    done = subprocess.run(
        [kept.ob2_validator(), "-I", JUDGING],
        input="".join(json.dumps(line) + "\n" for line in lines),
        env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reports = [Report(json.loads(line)) for line in done.stdout.splitlines()]
    assert len(reports) == len(asked)
    return reports


@contextmanager
def altered(site: str, path: str, alter: Alter | None = None) -> Iterator[str]:
    """Another site with copies of all that the first one tells, of which one is altered; the copy's address."""
    here = ""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        query = f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else ""
        asked = environ["PATH_INFO"] + query
        got = requests.get(site + asked, headers={"Accept": environ.get("HTTP_ACCEPT", "*/*")}, timeout=20)
        body = got.content.replace(site.encode(), here.encode())
        if alter and asked == path:
            document = json.loads(body)
            alter(document)
            body = json.dumps(document).encode()
        start_response(f"{got.status_code} As there", [("Content-Type", got.headers["Content-Type"])])
        return [body]

    with serve(answer) as served:
        here = served.removesuffix("/")
        yield here + path
