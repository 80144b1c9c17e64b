import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import credentials_badges.badges.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0007_operations"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "actor_name",
                    models.CharField(
                        help_text="What the actor was called then; of a command: the operating system's user.",
                        max_length=255,
                    ),
                ),
                (
                    "via",
                    models.CharField(
                        choices=[
                            ("admin", "Administration"),
                            ("command", "Command"),
                            ("api", "REST API"),
                            ("desk", "Organisers' desk"),
                        ],
                        max_length=8,
                    ),
                ),
                ("action", models.CharField(help_text="Such as added, changed or deleted.", max_length=255)),
                (
                    "model",
                    credentials_badges.badges.models.fields.ExactCharField(
                        blank=True, help_text="The kind of thing, such as badges.badgetemplate.", max_length=100
                    ),
                ),
                (
                    "key",
                    credentials_badges.badges.models.fields.ExactCharField(
                        blank=True, help_text="Which of them.", max_length=255
                    ),
                ),
                ("label", models.CharField(blank=True, help_text="What it was called then.", max_length=255)),
                (
                    "changes",
                    models.JSONField(default=dict, help_text="By column: what stood there before, and what since."),
                ),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "ordering": ("-id",),
            },
        ),
        migrations.AlterModelOptions(
            name="learner",
            options={"ordering": ("username",), "permissions": (("retire_learner", "Can retire learner"),)},
        ),
        migrations.AddField(
            model_name="learner",
            name="retired_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Since when the row stands for nobody who is known here.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="learningevent",
            name="purged_at",
            field=models.DateTimeField(
                editable=False,
                help_text="Since when its payload is no longer kept: it is known, and says nothing.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="issuance",
            name="action",
            field=models.CharField(
                choices=[("issue", "Issue"), ("update", "Correct"), ("revoke", "Revoke"), ("erase", "Erase")],
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="learningevent",
            index=models.Index(fields=["purged_at", "received_at"], name="event_purgeable"),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["model", "key"], name="audit_object"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["at"], name="audit_at"),
        ),
    ]
