"""Mails leave by Django's mail backend; what it raises becomes an error named by its cure, without the address."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from credentials_badges.badges import limiting
from credentials_badges.badges.models import Mail
from credentials_badges.contract.errors import Misconfigured, NotYet, Rejected, Retriable
from credentials_badges.http import Pace


def send(mail: Mail) -> None:
    """One try, of at most a dozen answers of the mail server that may take `EMAIL_TIMEOUT` each."""
    if mail.destination == Mail.LISTS:
        limiting.take_turn(Mail.LISTS, Pace(calls=settings.MAILS_PER_MINUTE, seconds=60))
    try:
        message = EmailMultiAlternatives(subject=mail.subject, body=mail.text, to=[mail.to])
        if mail.html:
            message.attach_alternative(mail.html, "text/html")
        message.message()  # What is no mail opens no connection.
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        said = f"the mail server refused the recipient: {', '.join(map(str, codes))}"
        raise (Rejected if all(code >= 500 for code in codes) else NotYet)(said) from None
    except smtplib.SMTPDataError as error:
        raise NotYet(f"the mail server would not take this mail: {error.smtp_code}") from None
    except smtplib.SMTPAuthenticationError as error:
        raise Misconfigured(f"the mail server refused our password: {error.smtp_code}") from None
    except smtplib.SMTPResponseException as error:
        raise Retriable(f"the mail server answered {error.smtp_code}") from None
    except OSError as error:  # Also what smtplib raises otherwise.
        raise Retriable(f"the mail could not be handed over ({type(error).__name__})") from None
    except ValueError as error:  # Also a header of several lines, by which somebody could add headers of their own.
        raise Rejected(f"no mail can be made of it ({type(error).__name__})") from None
