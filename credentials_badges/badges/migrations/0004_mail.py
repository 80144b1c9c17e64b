from django.db import migrations, models

import credentials_badges.badges.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0003_rules_that_say_more"),
    ]

    operations = [
        migrations.CreateModel(
            name="Mail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "topic",
                    credentials_badges.badges.models.fields.ExactCharField(
                        blank=True,
                        help_text="Messages of one topic are sent in the order of their ids.",
                        max_length=255,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("pending", "Pending"), ("sent", "Sent"), ("dead", "Dead")],
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("not_before", models.DateTimeField()),
                ("last_error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "destination",
                    credentials_badges.badges.models.fields.ExactCharField(
                        default="mail server", editable=False, max_length=255
                    ),
                ),
                ("to", models.EmailField(max_length=254)),
                ("subject", models.TextField()),
                ("text", models.TextField(help_text="It may hold a secret link.")),
            ],
            options={
                "verbose_name_plural": "mails",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["status", "not_before"], name="mail_due"),
                    models.Index(fields=["topic", "status"], name="mail_topic"),
                ],
            },
        ),
    ]
