"""``python -m credentials_badges COMMAND``, also as ``credentials-badges COMMAND`` and as ``manage.py COMMAND``.

What goes wrong outside our code is told in one sentence, too.
"""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError


def main() -> None:
    """Run the command; exit status 0 done, 1 failed, 2 wrong usage."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "credentials_badges.settings")
    try:
        "".join(sys.argv).encode()
    except UnicodeEncodeError:
        print("The arguments are not UTF-8.", file=sys.stderr)
        sys.exit(2)
    called = Path(sys.argv[0]).name
    if called == "__main__.py":  # Django would tell people to call it as `python -m django`.
        called = "python -m credentials_badges"
    try:
        execute_from_command_line([called, *sys.argv[1:]])
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # Whoever read our output has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (OperationalError, ProgrammingError) as error:
        reason = str(error).strip().partition("\n")[0]
        sys.exit(f"The database cannot do this: {reason}. Has {called} migrate been run?")
    except OSError as error:
        sys.exit(f"{error.filename or 'The output'}: {error.strerror}")


if __name__ == "__main__":
    main()
