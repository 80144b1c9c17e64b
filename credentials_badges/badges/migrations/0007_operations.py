from django.db import migrations, models

import credentials_badges.badges.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0006_visits"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CallCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", credentials_badges.badges.models.fields.ExactCharField(max_length=255)),
                ("outcome", models.CharField(max_length=16)),
                ("calls", models.BigIntegerField(default=0)),
                ("seconds", models.FloatField(default=0.0)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("host", "outcome"), name="one_call_count")],
            },
        ),
    ]
