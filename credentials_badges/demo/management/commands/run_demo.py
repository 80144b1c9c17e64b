"""``manage.py run_demo``: the whole service with demo data, in the foreground."""

import os
import secrets
import signal
import subprocess
import sys
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from credentials_badges.badges.models import Learner, ProviderAccount
from credentials_badges.demo import lms, scene
from credentials_badges.demo.stage import Stage
from credentials_badges.sandbox import serve

LEARNERS = 60
STOP_SECONDS = 20


class Command(BaseCommand):
    """Web, worker, beat and sandbox providers, until Ctrl-C."""

    help = (
        "Run the whole service on this machine, with sandbox providers and demo data: web, Celery worker and beat. "
        "Needs an empty database (make run gives it one). Prints the addresses and a login; Ctrl-C stops all of it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line."""
        parser.add_argument("--port", type=int, default=8000, help="of the web server (default 8000)")
        parser.add_argument(
            "--sandbox-port", type=int, default=0, help="of the sandbox providers (default: a free one)"
        )

    def handle(self, **options: Any) -> None:
        """Start all, wait, stop all."""
        signal.signal(signal.SIGTERM, _interrupt)
        scene.prepare()
        stage = Stage()
        stage.cast()
        master = os.environ.setdefault("BADGEKIT_MASTER_SECRET", secrets.token_urlsafe(32))
        here = os.environ.setdefault("PUBLIC_BASE_URL", f"http://127.0.0.1:{options['port']}")
        with serve(stage, options["sandbox_port"]) as sandboxes:
            scene.set_up(stage, sandboxes, self.stdout)
            for account in ProviderAccount.objects.filter(provider="credly"):
                stage.credly.organizations[account.external_id].webhook_url = here + account.webhook_path
            file = settings.BESIDE / "demo-events.jsonl"
            file.write_text("\n".join(lms.lines(learners=LEARNERS)) + "\n", encoding="utf-8")
            call_command("ingest_events", str(file), stdout=self.stdout, stderr=self.stdout)
            password = secrets.token_urlsafe(9)
            Learner.objects.create_superuser("admin", "admin@example.com", password)
            processes = [subprocess.Popen(command) for command in self.commands(options["port"])]  # noqa: S603
            self.stdout.write(
                f"\nAdministration: http://127.0.0.1:{options['port']}/admin/ (user admin, password {password})\n"
                f"BadgeKit API: {here}/systems (key master, secret {master})\n"
                f"Sandbox providers: {sandboxes}\nCtrl-C stops everything.\n"
            )
            self.stdout.flush()
            try:
                self.wait(processes)
            except KeyboardInterrupt:
                self.stdout.write("\nStopping …")
            finally:
                stop(processes)
        self.stdout.write("Stopped.")

    def commands(self, port: int) -> list[list[str]]:
        """Of the web server, and of the worker with its beat."""
        worker = ["worker", "--beat", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING"]
        return [
            [sys.executable, "manage.py", "runserver", "--noreload", "--insecure", str(port)],
            [sys.executable, "-m", "celery", "--quiet", "-A", "credentials_badges", *worker],
        ]

    def wait(self, processes: list[subprocess.Popen[bytes]]) -> None:
        """Until one of them ends by itself, which it should not."""
        while True:
            for process in processes:
                try:
                    process.wait(timeout=1)
                except subprocess.TimeoutExpired:
                    continue
                self.stderr.write(f"{process.args!r} ended with status {process.returncode}.")
                return


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask each of them to end, and end those that do not."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Let SIGTERM do what Ctrl-C does."""
    raise KeyboardInterrupt
