from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0010_members"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="issuance",
            name="issuance_claimed",
        ),
        migrations.AddIndex(
            model_name="badge",
            index=models.Index(
                fields=["-awarded_at", "-id", "account", "status", "external_state"], name="badge_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="badge",
            index=models.Index(
                condition=models.Q(
                    models.Q(("external_state", "revoked"), ("status", "awarded")),
                    models.Q(
                        ("status", "revoked"),
                        models.Q(
                            ("external_state", "pending"),
                            ("external_state", "accepted"),
                            ("external_state", "unknown"),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                fields=["account"],
                name="badge_torn",
            ),
        ),
        migrations.AddIndex(
            model_name="issuance",
            index=models.Index(fields=["status", "id"], name="issuance_status"),
        ),
        migrations.AddIndex(
            model_name="issuance",
            index=models.Index(fields=["failure", "id"], name="issuance_failure"),
        ),
        migrations.AddIndex(
            model_name="issuance",
            index=models.Index(fields=["action", "id"], name="issuance_action"),
        ),
        migrations.AddIndex(
            model_name="issuance",
            index=models.Index(fields=["delivered_at", "account"], name="issuance_delivered"),
        ),
        migrations.AddIndex(
            model_name="learningevent",
            index=models.Index(fields=["type", "id"], name="event_type"),
        ),
        migrations.AddIndex(
            model_name="learningevent",
            index=models.Index(fields=["received_at"], name="event_received"),
        ),
        migrations.AddIndex(
            model_name="learningevent",
            index=models.Index(condition=models.Q(("error", ""), _negated=True), fields=["id"], name="event_failed"),
        ),
        migrations.AddIndex(
            model_name="learningevent",
            index=models.Index(
                condition=models.Q(("error", ""), _negated=True), fields=["received_at"], name="event_failed_at"
            ),
        ),
    ]
