import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0011_list_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExternalState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(max_length=16)),
                ("raw", models.CharField(blank=True, max_length=255)),
                ("as_of", models.DateTimeField(help_text="When it became so, if the provider tells.", null=True)),
                ("heard_at", models.DateTimeField()),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("answer", "Answer to a promise"),
                            ("asked", "Webhook, poll or comparison"),
                            ("claim", "Claim of a code"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "badge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="external_states", to="badges.badge"
                    ),
                ),
            ],
            options={"ordering": ("id",)},
        ),
    ]
