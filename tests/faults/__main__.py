"""``python -m tests.faults``: whatever fails, no badge is lost, none issued twice, and none is another learner's.

Real workers push badges to sandbox providers over HTTP on loopback while all of it goes wrong at once; at the end the
providers' badges are compared with ours, one by one. `make faults` runs it.
"""

import os
import secrets
import shutil
import signal
import sys
import tempfile
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.core.management.base import CommandError

HELP = """Award badges over three accounts (two Credly organizations, one Accredible issuer) while

  the providers lose answers after storing, answer 5xx, 429 and HTML, stall, and show new badges late;
  workers are killed by SIGKILL at random moments, and the broker's data are wiped twice;
  one account's key stops working half-way, until the operator enters a new one.

At the end each award must be exactly one live badge at its provider, of the right template and learner, and recorded
here under its external id. The last line is FAULTS {json}; the exit status is 1 if anything is amiss.
"""
MORE = """The database (SQLite) and the broker (messages on disk) are new ones in a temporary folder, which is kept,
with the workers' log, if anything is amiss or a worker ended by itself. To use others, name them in the environment: a
DATABASE_URL whose database has "faults" in its name, since it is emptied, and a BROKER_URL of a Redis database that is
empty:

  createdb faults
  DATABASE_URL=postgres://postgres@127.0.0.1/faults BROKER_URL=redis://127.0.0.1:6379/7 make faults
"""


def main(arguments: list[str]) -> int:
    """Play it through; 0 if nothing is amiss."""
    options = read(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # Else our children would live on.
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    surround(folder)
    django.setup()
    from tests.faults.play import Play  # Our tables can be imported only now.
    from tests.faults.report import show

    try:
        told = Play(folder, seed=options.seed, awards=options.awards, kills=options.kills).through()
    except CommandError as error:
        shutil.rmtree(folder)
        sys.stderr.write(f"{error}\n")
        return 1
    show(told)
    if told["amiss"] or told["happened"]["ended by themselves"]:
        sys.stderr.write(f"The workers' log and the database are kept in {folder}.\n")
    else:
        shutil.rmtree(folder)
    return int(bool(told["amiss"]))


def read(arguments: list[str]) -> Namespace:
    """The words of the command line."""
    parser = ArgumentParser("tests.faults", description=HELP, epilog=MORE, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7, help="for the dice of faults, kills and order (default 7)")
    parser.add_argument("--awards", type=int, default=2000, help="how many badges are earned (default 2000)")
    parser.add_argument("--kills", type=int, default=50, help="how often a worker is killed (default 50)")
    options = parser.parse_args(arguments)
    if options.awards < 20 or options.kills < 1:
        parser.error("at least 20 awards and one kill, or there is nothing to be seen")
    if os.environ.get("DATABASE_URL") and "faults" not in urlsplit(os.environ["DATABASE_URL"]).path.rpartition("/")[2]:
        parser.error('the database that DATABASE_URL names is emptied, so its name must contain "faults"')
    broker = os.environ.get("BROKER_URL", "")
    if broker and urlsplit(broker).scheme != "redis":
        parser.error("BROKER_URL may be a redis:// address here, since no other broker can be wiped by us")
    if os.environ.get("DATABASE_URL") and not broker:
        parser.error("a database of your own needs a BROKER_URL too: messages on disk would lie beside other ones")
    return options


def surround(folder: Path) -> None:
    """Give this process and its children the settings of this run."""
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder / 'faults.sqlite3'}")
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "credentials_badges.settings",
        "SECRET_KEY": secrets.token_urlsafe(),
        "FIELD_ENCRYPTION_KEYS": secrets.token_urlsafe(),
        "RETRY_BASE_SECONDS": "0.1",
        # Longer than any try takes here, though a call stalls for 2.5 s now and then.
        "LEASE_SECONDS": "10",
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
