"""Reads the environment for `settings`, each value as what it has to be; each also from the file ``NAME_FILE`` names.

Every reader raises ImproperlyConfigured, naming the variable, if its value is not what it has to be.
"""

import difflib
import os
import secrets
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

asked: set[str] = set()
"""The names that were asked for: those that mean something here."""
DAY = 86_400
SPELT = "In user and password, @ is written %40, : is %3A, / is %2F, # is %23 and ? is %3F."
DATABASES = {"sqlite", "postgres", "postgresql", "mysql"}
ALIKE = 0.9
"""From here on, two names are so alike that one of them must be a misspelling: 1 is the same."""
OTHERS = ("LOGLEVEL", "OTEL_", "SENTRY_")
"""How names begin that other packages read, alike as they may be."""
YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def text(name: str, *, default: str = "") -> str:
    """The text, without the spaces around it: a file ends in a new line. What is empty counts as not set."""
    asked.add(name)
    return told(name) or default


def told(name: str) -> str:
    """What the environment says under a name that may be anybody's."""
    said = os.environ.get(name, "")
    if file := os.environ.get(f"{name}_FILE"):
        try:
            said = Path(file).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise ImproperlyConfigured(
                f"The file that {name}_FILE names cannot be read ({type(error).__name__})."
            ) from None
    return said.strip()


def names(name: str, *, default: list[str]) -> list[str]:
    """The texts between commas."""
    return parts(text(name)) or default


def parts(said: str) -> list[str]:
    """What stands between the commas of a text."""
    return [each.strip() for each in said.split(",") if each.strip()]


def choice(name: str, known: list[str]) -> str:
    """One of the known words, the first unless another is set."""
    said = text(name, default=known[0])
    if said not in known:
        raise ImproperlyConfigured(f"{name} is {said!r}, and has to be one of {', '.join(known)}.")
    return said


def flag(name: str, *, default: bool) -> bool:
    """Whether it is to be."""
    said = text(name, default="yes" if default else "no").lower()
    if said not in YES | NO:
        raise ImproperlyConfigured(f"{name} is {said!r}, and has to be yes or no.")
    return said in YES


def number(name: str, *, default: int, least: int, most: int = 10**9) -> int:
    """The whole number, within these bounds."""
    said = text(name, default=str(default))
    try:
        value = int(said)
    except ValueError:
        value = least - 1
    if value < least:
        raise ImproperlyConfigured(f"{name} is {said!r}, and has to be a whole number of at least {least}.")
    if value > most:
        raise ImproperlyConfigured(f"{name} is {said}, and may be {most} at most.")
    return value


def seconds(name: str, *, default: float) -> float:
    """The time, which is more than none, and a day at most."""
    said = text(name, default=str(default))
    try:
        value = float(said)
    except ValueError:
        value = 0.0
    if not 0 < value <= DAY:
        raise ImproperlyConfigured(f"{name} is {said!r}, and has to be a number of seconds, {DAY} at most.")
    return value


def address(name: str, *, default: str) -> SplitResult:
    """The address of the web, taken to pieces."""
    pieces = _split(name, text(name, default=default))
    if not pieces.hostname:
        raise ImproperlyConfigured(f"{name} names no host.")
    if pieces.query or pieces.fragment or "//" in pieces.path:
        raise ImproperlyConfigured(f"{name} ends in what no other address can be made with: ?, # or //.")
    return pieces


def _split(name: str, url: str) -> SplitResult:
    """Whatever is wrong with it is told without its words, which may hold a password."""
    try:
        pieces = urlsplit(url)
        is_whole = pieces.port != 0 and not (pieces.netloc and "@" in pieces.path)  # Its host was part of a password.
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ImproperlyConfigured(f"{name} is no address. {SPELT}")
    return pieces


def refuse_misspelt() -> None:
    """After everything was read: a variable that nobody asked for, and that is all but called like one of ours."""
    known = asked | {f"{name}_FILE" for name in asked}
    for name in sorted(each for each in os.environ.keys() - known if not each.startswith(OTHERS)):
        if close := difflib.get_close_matches(name, known, n=1, cutoff=ALIKE):
            raise ImproperlyConfigured(f"{name} is set, but nothing is called so. Is {close[0]} meant?")


def secret(name: str, *, kept_in: Path | None) -> str:
    """The secret from the environment; without it, one made once and kept in a file only its owner can read.

    `kept_in` is None where several machines must share the secret. Raises ImproperlyConfigured if it is missing there.
    """
    if value := text(name):
        return value
    if kept_in is None:
        raise ImproperlyConfigured(
            f"{name} is not set. It is made by itself only beside an SQLite database; "
            f"set {name} (or {name}_FILE) to a long random text, the same on every machine."
        )
    file = kept_in / name.lower()
    kept_in.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    if not (value := file.read_text()):
        raise ImproperlyConfigured(f"{file} is empty: another process may be writing it; try again, or delete it.")
    return value


def broker(url: str, folder: Path) -> dict[str, object]:
    """Celery's settings for its broker; ``filesystem://`` keeps messages in the folder."""
    pieces = _split("BROKER_URL", url)
    config: dict[str, object] = {"CELERY_BROKER_URL": url}
    match pieces.scheme:
        case "filesystem":
            folder.mkdir(parents=True, exist_ok=True)
            config["CELERY_BROKER_TRANSPORT_OPTIONS"] = {
                "data_folder_in": str(folder),
                "data_folder_out": str(folder),
                "control_folder": str(folder / "control"),
                # The default of one second was measured to make 300 small tasks take 31 s instead of 4.
                "polling_interval": 0.1,
            }
        case "redis" | "rediss":
            # Else whoever rings a bell would wait for ever for a broker that has stopped answering. Longer than the
            # second for which a worker's own question is open.
            limits = {"socket_timeout": 2.0, "socket_connect_timeout": 1.0, "max_retries": 0}
            config["CELERY_BROKER_TRANSPORT_OPTIONS"] = limits
            if pieces.scheme == "rediss" and "ssl_cert_reqs" not in pieces.query:
                config["CELERY_BROKER_USE_SSL"] = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
        case "amqps":
            verified = {"cert_reqs": ssl.CERT_REQUIRED, "check_hostname": True, "server_hostname": pieces.hostname}
            config["CELERY_BROKER_USE_SSL"] = verified
        case "amqp" | "memory" | "pyamqp":
            pass
        case _:
            raise ImproperlyConfigured("BROKER_URL has to begin with redis://, rediss://, amqp:// or amqps://.")
    return config


def mail(url: str, folder: Path) -> dict[str, object]:
    """Django's settings for mails; without the address of a mail server, mails become files in the folder."""
    config = _read("EMAIL_URL", environ.Env.email_url_config, url or "filemail:")
    if not url:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # They may hold secret links.
        config["EMAIL_FILE_PATH"] = str(folder)
    config.pop("OPTIONS", None)  # What it does not know among the address's parameters.
    return config


def _read(name: str, read: Callable[[str], dict[str, Any]], url: str) -> dict[str, Any]:
    _split(name, url)
    try:
        return read(url)
    except ValueError:  # Its words would tell a part of the password.
        raise ImproperlyConfigured(f"{name} is no address. {SPELT}") from None


def database(url: str) -> dict[str, object]:
    """Django's form of a database address, with the options under which our locking was measured to be right."""
    scheme, _, rest = url.partition("://")
    # Looked at first, since what reads it would show the whole in a warning.
    if scheme not in DATABASES or (scheme == "sqlite" and not rest.startswith("/")):
        raise ImproperlyConfigured("DATABASE_URL has to begin with sqlite:///, postgres:// or mysql://.")
    config = _read("DATABASE_URL", environ.Env.db_url_config, url)
    engine = config["ENGINE"]
    if engine == "django.db.backends.sqlite3":
        # A deferred transaction that turns into a writer fails at once instead of waiting, and WAL alone makes that
        # more frequent; taking the write lock at BEGIN never failed in 1,500 concurrent transactions.
        config["OPTIONS"] = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
            "PRAGMA journal_size_limit=67108864;PRAGMA mmap_size=134217728;",
        }
        config["TEST"] = {"NAME": str(Path(str(config["NAME"])).with_name("test.sqlite3"))}
    elif engine == "django.db.backends.mysql":
        import pymysql  # Only where MySQL is used: it is an extra.

        pymysql.install_as_MySQLdb()
        told = config.get("OPTIONS", {})  # Such as ssl_ca.
        config["OPTIONS"] = {**told, "charset": "utf8mb4", "isolation_level": "read committed"}
        config["TEST"] = {"NAME": "test_credentials_badges", "CHARSET": "utf8mb4"}
    elif engine == "django.db.backends.postgresql":
        config["TEST"] = {"NAME": "test_credentials_badges"}
    if engine != "django.db.backends.sqlite3":
        config["CONN_MAX_AGE"] = 60
        config["CONN_HEALTH_CHECKS"] = True
    return config
