import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0009_sync_jobs"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("issuer", "Issuer: changes rules, gives and takes badges, tries again, pulls templates"),
                            ("reader", "Reader: looks at templates, badges, progress and promises"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="badges.provideraccount",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        help_text="Enters this administration once a superuser has given them staff status.",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="account_memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("account", "user"), name="one_role_per_account")],
            },
        ),
    ]
