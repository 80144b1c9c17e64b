"""Which texts are e-mail addresses of one person, and of nobody who only looks like them."""

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

LONGEST_ADDRESS = 254
_is_email = EmailValidator()


def is_address(text: str) -> bool:
    """Whether a badge can be given to it. Letters beyond ASCII before the @ are refused: some look like those of ASCII,
    and become them in lower case.
    """
    try:
        _is_email(text)
    except ValidationError:
        return False
    is_short = max(len(text), len(text.lower())) <= LONGEST_ADDRESS
    return is_short and text.isprintable() and text.rpartition("@")[0].isascii()
