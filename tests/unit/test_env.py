"""The environment is read as what it has to be, and what cannot be meant is refused by name."""

import ssl
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from credentials_badges import env


@pytest.fixture(autouse=True)
def _nothing_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "asked", set())


def test_a_value_may_stand_in_a_file_as_its_only_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("long and random\n")
    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "key"))
    assert env.text("SOME_KEY") == "long and random"
    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match="SOME_KEY_FILE"):
        env.text("SOME_KEY")


def test_a_text_that_begins_with_a_dollar_is_no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "$HOME")
    assert env.text("SOME_KEY") == "$HOME"


@pytest.mark.parametrize(("said", "meant"), [("", True), ("1", True), ("Yes", True), ("off", False), ("FALSE", False)])
def test_a_flag_is_yes_or_no(said: str, meant: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_FLAG", said)
    assert env.flag("SOME_FLAG", default=True) is meant


@pytest.mark.parametrize("said", ["yess", "2", "none"])
def test_what_is_neither_yes_nor_no_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_FLAG", said)
    with pytest.raises(ImproperlyConfigured, match=r"SOME_FLAG is .*yes or no"):
        env.flag("SOME_FLAG", default=True)


@pytest.mark.parametrize("said", ["0", "-1", "inf", "nan", "soon"])
def test_a_time_is_a_number_of_seconds(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.seconds("SOME_TIME", default=2.5) == 2.5
    monkeypatch.setenv("SOME_TIME", said)
    with pytest.raises(ImproperlyConfigured, match="SOME_TIME"):
        env.seconds("SOME_TIME", default=2.5)


def test_names_stand_between_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.names("SOME_NAMES", default=["here"]) == ["here"]
    monkeypatch.setenv("SOME_NAMES", "a.example, b.example,")
    assert env.names("SOME_NAMES", default=["here"]) == ["a.example", "b.example"]


@pytest.mark.parametrize("wrong", ["FIELD_ENCRYPTION_KEY", "FIELD_ENCRYPTON_KEYS", "FIELD_ENCRYPTION_KEYS_FILES"])
def test_a_name_that_is_all_but_ours_is_refused(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    env.text("FIELD_ENCRYPTION_KEYS")
    env.refuse_misspelt()
    monkeypatch.setenv(wrong, "a secret that is not told")
    with pytest.raises(ImproperlyConfigured, match=rf"{wrong} is set.*FIELD_ENCRYPTION_KEYS") as refused:
        env.refuse_misspelt()
    assert "not told" not in str(refused.value)


@pytest.mark.parametrize("other", ["CREDLY_API_KEY", "FIELD_ENCRYPTION_KEYS_FILE", "PATH", "KEYS", "LOGLEVEL"])
def test_other_names_are_nobodys_business(other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    env.text("FIELD_ENCRYPTION_KEYS")
    env.text("CREDLY_API_BASE_URL")
    env.text("LOG_LEVEL")
    monkeypatch.setenv(other, "/dev/null")
    assert env.refuse_misspelt() is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("url", "verified"),
    [
        ("redis://127.0.0.1/0", None),
        ("rediss://127.0.0.1/0", {"ssl_cert_reqs": ssl.CERT_REQUIRED}),
        ("rediss://127.0.0.1/0?ssl_cert_reqs=CERT_NONE", None),
        ("amqp://127.0.0.1", None),
        (
            "amqps://mq.example.org",
            {"cert_reqs": ssl.CERT_REQUIRED, "check_hostname": True, "server_hostname": "mq.example.org"},
        ),
    ],
)
def test_a_broker_that_is_spoken_to_in_secret_has_to_show_who_it_is(
    url: str, verified: dict[str, object] | None, tmp_path: Path
) -> None:
    assert env.broker(url, tmp_path).get("CELERY_BROKER_USE_SSL") == verified


def test_options_of_a_database_server_are_kept() -> None:
    told = env.database("mysql://user@127.0.0.1/badges?ssl_ca=/etc/ca.pem")
    assert told["OPTIONS"] == {
        "ssl_ca": "/etc/ca.pem",
        "charset": "utf8mb4",
        "isolation_level": "read committed",
    }


def test_an_address_of_no_database_is_refused_without_its_password() -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL has to begin") as refused:
        env.database("redis://user:password@127.0.0.1/0")
    assert "password" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "'postgres://u:hunter2@h/db'",
        "postgress://u:hunter2@h/db",
        "postgres://u:12/hunter2@h/db",
        "sqlite://",
        "sqlite://hunter2",
        "",
    ],
)
def test_what_is_no_database_is_refused_and_not_shown(url: str, recwarn: pytest.WarningsRecorder) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        env.database(url)
    assert "hunter2" not in str(refused.value)
    assert len(recwarn) == 0


@pytest.mark.parametrize("url", ["https://", "badges.example", "https://user:1/2@host/"])
def test_an_address_names_a_host(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_URL", url)
    with pytest.raises(ImproperlyConfigured, match="SOME_URL"):
        env.address("SOME_URL", default="")


def test_a_choice_is_one_of_the_known_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.choice("SOME_WORD", ["en", "es"]) == "en"
    monkeypatch.setenv("SOME_WORD", "es")
    assert env.choice("SOME_WORD", ["en", "es"]) == "es"
    monkeypatch.setenv("SOME_WORD", "tlh")
    with pytest.raises(ImproperlyConfigured, match="SOME_WORD is 'tlh', and has to be one of en, es"):
        env.choice("SOME_WORD", ["en", "es"])


@pytest.mark.parametrize("ending", ["/?x=1", "/#x", "//", "/badges//"])
def test_an_address_that_others_are_made_of_ends_plainly(monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setenv("SOME_ADDRESS", "https://badges.example/badges/")
    assert env.address("SOME_ADDRESS", default="").path == "/badges/"
    monkeypatch.setenv("SOME_ADDRESS", f"https://badges.example{ending}")
    with pytest.raises(ImproperlyConfigured, match="SOME_ADDRESS ends"):
        env.address("SOME_ADDRESS", default="")
