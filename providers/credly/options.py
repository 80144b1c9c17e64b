"""What can be chosen for each organization at Credly."""

from credentials_badges.contract.data import Account, Option
from credentials_badges.contract.words import gettext_noop as _

CLIENT_ID = Option(
    name="client_id",
    label=_("OAuth client id"),
    help=_("Empty: the key is an authorization token. Otherwise the key is the secret of this OAuth client."),
)
TOKEN_URL = Option(
    name="token_url",
    label=_("OAuth token address"),
    help=_("Where an OAuth client gets its access tokens; Credly's sandbox has an address of its own."),
    # Not on the host of the API: https://www.credly.com/docs/oauth
    default="https://www.credly.com/oauth/token",
    takes_key=True,
)
LOCALE = Option(
    name="locale",
    label=_("Language"),
    help=_("The language of Credly's mail to the learner. Empty: Credly decides."),
    # https://www.credly.com/docs/issued_badges
    choices=("", "en", "fr", "de", "ko", "ja", "zh-CN", "pt", "es-ES", "es-US", "fr-CA", "pt-BR"),
)
NOTIFY = Option(
    name="notify",
    label=_("Notify learners"),
    help=_("Whether Credly mails the learner about each badge. With no, reminders stay out as well."),
    default="yes",
    choices=("yes", "no"),
)
OPTIONS = (CLIENT_ID, TOKEN_URL, LOCALE, NOTIFY)


def chosen(account: Account, option: Option) -> str:
    """What the account says, or the option's default."""
    return account.options.get(option.name) or option.default


def notifies(account: Account) -> bool:
    """Whether Credly is to mail the account's learners."""
    return chosen(account, NOTIFY) == "yes"
