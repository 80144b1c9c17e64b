import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def say_what_failed(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A run with an error that changed nothing had failed; one that changed something had left rows out."""
    runs = apps.get_model("badges", "SyncRun").objects.using(schema_editor.connection.alias)
    runs.filter(finished_at=None).update(
        finished_at=models.F("started_at"), failure="crashed", error="It broke off before there were jobs."
    )
    nothing = dict.fromkeys(("created", "changed", "unchanged", "archived"), 0)
    failed = runs.filter(failure="", **nothing).exclude(error="")
    failed.filter(error__contains="--force").update(failure="guard")
    failed.update(failure="provider")


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0008_privacy"),
    ]

    operations = [
        migrations.AddField(
            model_name="syncrun",
            name="applies",
            field=models.BooleanField(default=True, help_text="Write what has changed; otherwise only say what would."),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="asked_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="claim",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="claimed_at",
            field=models.DateTimeField(help_text="When its worker was last seen.", null=True),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="diff",
            field=models.JSONField(default=dict, help_text="By kind: the first of the templates that it is about."),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="failure",
            field=models.CharField(
                blank=True,
                choices=[
                    ("misconfigured", "Key or address refused"),
                    ("provider", "Provider in trouble"),
                    ("guard", "Too much would be archived"),
                    ("crashed", "Broke off"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="forces",
            field=models.BooleanField(default=False, help_text="However much would be archived."),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="seen",
            field=models.PositiveIntegerField(default=0, help_text="Rows that the provider has shown so far."),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="unreadable",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="syncrun",
            name="started_at",
            field=models.DateTimeField(help_text="When it was asked for; once a worker is at it, when that began."),
        ),
        migrations.AddIndex(
            model_name="syncrun",
            index=models.Index(fields=["finished_at"], name="sync_finished"),
        ),
        migrations.RunPython(say_what_failed, migrations.RunPython.noop, elidable=True),
    ]
