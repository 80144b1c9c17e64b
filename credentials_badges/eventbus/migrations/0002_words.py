"""The model and its columns get names that can be translated."""

from django.db import migrations

from credentials_badges.badges.migrations._words import Called, Words

MODELS = {
    "announcement": Called(
        "announcement",
        "announcements",
        "attempts created_at deed destination event_id last_error not_before sent_at status topic",
    ),
}


class Migration(migrations.Migration):
    """Nothing of it is known to the database."""

    dependencies = [("eventbus", "0001_announcements")]
    operations = [Words(MODELS)]
