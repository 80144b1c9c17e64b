import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import credentials_badges.badges.models.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Badge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", credentials_badges.badges.models.fields.ExactCharField(max_length=255, unique=True)),
                ("name", models.CharField(max_length=255)),
                ("strapline", models.CharField(blank=True, max_length=140)),
                ("earner_description", models.TextField(blank=True)),
                ("consumer_description", models.TextField(blank=True)),
                ("issuer_url", models.CharField(blank=True, max_length=255)),
                ("rubric_url", models.CharField(blank=True, max_length=255)),
                ("criteria_url", models.CharField(blank=True, max_length=255)),
                ("image_url", models.CharField(blank=True, max_length=255)),
                ("time_value", models.IntegerField(blank=True, null=True)),
                ("time_units", models.CharField(blank=True, max_length=16)),
                ("evidence_type", models.CharField(blank=True, max_length=255)),
                ("limit", models.IntegerField(blank=True, null=True)),
                ("unique", models.BooleanField(default=False)),
                ("archived", models.BooleanField(default=False)),
                ("type", models.CharField(max_length=255)),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Issuer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                ("url", models.CharField(blank=True, max_length=255)),
                ("description", models.TextField(blank=True)),
                ("email", models.CharField(blank=True, max_length=255)),
                ("image_url", models.CharField(blank=True, max_length=255)),
                ("slug", credentials_badges.badges.models.fields.ExactCharField(max_length=255)),
            ],
        ),
        migrations.CreateModel(
            name="System",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                ("url", models.CharField(blank=True, max_length=255)),
                ("description", models.TextField(blank=True)),
                ("email", models.CharField(blank=True, max_length=255)),
                ("image_url", models.CharField(blank=True, max_length=255)),
                ("slug", credentials_badges.badges.models.fields.ExactCharField(max_length=255, unique=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ClaimCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", credentials_badges.badges.models.fields.ExactCharField(max_length=255)),
                ("claimed", models.BooleanField(default=False)),
                ("email", models.CharField(blank=True, max_length=255, null=True)),
                ("multiuse", models.BooleanField(default=False)),
                (
                    "reservation",
                    credentials_badges.badges.models.fields.ExactCharField(
                        blank=True, max_length=36, null=True, unique=True
                    ),
                ),
                (
                    "recipient_id",
                    credentials_badges.badges.models.fields.ExactCharField(blank=True, db_index=True, max_length=255),
                ),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "badge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="claim_codes", to="badgekit.badge"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BadgeInstance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", credentials_badges.badges.models.fields.ExactCharField(max_length=255, unique=True)),
                ("email", models.CharField(max_length=255)),
                ("issued_on", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires", models.DateTimeField(blank=True, null=True)),
                (
                    "badge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="instances", to="badgekit.badge"
                    ),
                ),
                (
                    "claim_code",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="instances",
                        to="badgekit.claimcode",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="badge",
            name="issuer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="badges",
                to="badgekit.issuer",
            ),
        ),
        migrations.CreateModel(
            name="Program",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                ("url", models.CharField(blank=True, max_length=255)),
                ("description", models.TextField(blank=True)),
                ("email", models.CharField(blank=True, max_length=255)),
                ("image_url", models.CharField(blank=True, max_length=255)),
                ("slug", credentials_badges.badges.models.fields.ExactCharField(max_length=255)),
                (
                    "issuer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="programs",
                        to="badgekit.issuer",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="badge",
            name="program",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="badges",
                to="badgekit.program",
            ),
        ),
        migrations.AddField(
            model_name="issuer",
            name="system",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="issuers", to="badgekit.system"
            ),
        ),
        migrations.AddField(
            model_name="badge",
            name="system",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="badges", to="badgekit.system"
            ),
        ),
        migrations.AddConstraint(
            model_name="claimcode",
            constraint=models.UniqueConstraint(fields=("badge", "code"), name="badgekit_claim_code"),
        ),
        migrations.AddConstraint(
            model_name="badgeinstance",
            constraint=models.UniqueConstraint(fields=("badge", "email"), name="badgekit_instance_email"),
        ),
        migrations.AddConstraint(
            model_name="program",
            constraint=models.UniqueConstraint(fields=("issuer", "slug"), name="badgekit_program_slug"),
        ),
        migrations.AddConstraint(
            model_name="issuer",
            constraint=models.UniqueConstraint(fields=("system", "slug"), name="badgekit_issuer_slug"),
        ),
    ]
