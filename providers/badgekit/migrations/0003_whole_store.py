import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import credentials_badges.badges.models.fields
import providers.badgekit.models.codes
import providers.badgekit.models.folding


class Migration(migrations.Migration):
    dependencies = [
        ("badgekit", "0002_codes_that_expire"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                ("url", models.CharField(max_length=2048)),
                ("description", models.TextField(blank=True)),
            ],
            options={
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="Application",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", credentials_badges.badges.models.fields.ExactCharField(max_length=255, unique=True)),
                ("learner", models.CharField(max_length=255)),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                ("assigned_to", models.CharField(blank=True, max_length=255, null=True)),
                ("assigned_expiration", models.DateTimeField(blank=True, null=True)),
                ("processed", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(max_length=255)),
            ],
            options={
                "verbose_name_plural": "categories",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="Consumer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("api_key", credentials_badges.badges.models.fields.ExactCharField(max_length=255)),
                (
                    "compared_key",
                    providers.badgekit.models.folding.FoldedField(
                        editable=False, max_length=255, null=True, of="api_key", until=""
                    ),
                ),
                (
                    "api_secret",
                    credentials_badges.badges.models.fields.EncryptedTextField(
                        help_text="Kept encrypted; what requests are signed with."
                    ),
                ),
                ("description", models.TextField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Criterion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("description", models.TextField()),
                ("required", models.BooleanField(default=False)),
                ("note", models.TextField(blank=True)),
            ],
            options={
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(blank=True, max_length=2048, null=True)),
                ("media_type", models.CharField(blank=True, max_length=16, null=True)),
                ("reflection", models.TextField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "evidence",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="Image",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", credentials_badges.badges.models.fields.ExactCharField(max_length=255, unique=True)),
                ("url", models.CharField(blank=True, max_length=2048)),
                ("mimetype", models.CharField(blank=True, max_length=255)),
                ("data", models.BinaryField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Milestone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number_required", models.IntegerField()),
                ("action", models.CharField(default="issue", max_length=32)),
            ],
            options={
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="MilestoneBadge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", credentials_badges.badges.models.fields.ExactCharField(max_length=255, unique=True)),
                ("author", models.CharField(max_length=255)),
                ("comment", models.TextField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ReviewItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("satisfied", models.BooleanField(default=False)),
                ("comment", models.TextField(blank=True, null=True)),
            ],
            options={
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(max_length=255)),
            ],
            options={
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(max_length=512)),
                (
                    "secret",
                    credentials_badges.badges.models.fields.EncryptedTextField(
                        help_text="Kept encrypted; what our calls are signed with."
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookCall",
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
                    "destination",
                    credentials_badges.badges.models.fields.ExactCharField(
                        blank=True,
                        help_text="What it shares with others that have to wait while that is down.",
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
                ("action", models.CharField(max_length=16)),
                ("body", models.TextField()),
            ],
            options={
                "ordering": ("-id",),
                "abstract": False,
            },
        ),
        migrations.RemoveConstraint(
            model_name="badgeinstance",
            name="badgekit_instance_email",
        ),
        migrations.RemoveConstraint(
            model_name="claimcode",
            name="badgekit_claim_code",
        ),
        migrations.RemoveConstraint(
            model_name="issuer",
            name="badgekit_issuer_slug",
        ),
        migrations.RemoveConstraint(
            model_name="program",
            name="badgekit_program_slug",
        ),
        migrations.AddField(
            model_name="badge",
            name="deleted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="badge",
            name="slug_key",
            field=providers.badgekit.models.folding.FoldedField(
                editable=False, max_length=255, null=True, of="slug", until="deleted_at"
            ),
        ),
        migrations.AddField(
            model_name="badgeinstance",
            name="address",
            field=providers.badgekit.models.codes.AddressField(
                editable=False, max_length=255, null=True, of="email", until=""
            ),
        ),
        migrations.AddField(
            model_name="badgeinstance",
            name="ordinal",
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.AddField(
            model_name="badgeinstance",
            name="recipient_id",
            field=credentials_badges.badges.models.fields.ExactCharField(blank=True, db_index=True, max_length=255),
        ),
        migrations.AddField(
            model_name="badgeinstance",
            name="reservation",
            field=credentials_badges.badges.models.fields.ExactCharField(
                blank=True, max_length=36, null=True, unique=True
            ),
        ),
        migrations.AddField(
            model_name="claimcode",
            name="changed_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name="claimcode",
            name="code_key",
            field=providers.badgekit.models.folding.FoldedField(
                editable=False, max_length=255, null=True, of="code", until="deleted_at"
            ),
        ),
        migrations.AddField(
            model_name="claimcode",
            name="deleted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="claimcode",
            name="limit",
            field=models.PositiveIntegerField(
                blank=True, help_text="A code for many can be claimed so often; empty: without an end.", null=True
            ),
        ),
        migrations.AddField(
            model_name="claimcode",
            name="ordinal",
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.AddField(
            model_name="claimcode",
            name="uses",
            field=models.PositiveIntegerField(default=0, editable=False, help_text="How often it has been claimed."),
        ),
        migrations.AddField(
            model_name="issuer",
            name="deleted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="issuer",
            name="slug_key",
            field=providers.badgekit.models.folding.FoldedField(
                editable=False, max_length=255, null=True, of="slug", until="deleted_at"
            ),
        ),
        migrations.AddField(
            model_name="program",
            name="deleted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="program",
            name="slug_key",
            field=providers.badgekit.models.folding.FoldedField(
                editable=False, max_length=255, null=True, of="slug", until="deleted_at"
            ),
        ),
        migrations.AddField(
            model_name="system",
            name="deleted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="system",
            name="slug_key",
            field=providers.badgekit.models.folding.FoldedField(
                editable=False, max_length=255, null=True, of="slug", until="deleted_at"
            ),
        ),
        migrations.AlterField(
            model_name="badge",
            name="criteria_url",
            field=models.CharField(blank=True, max_length=2048),
        ),
        migrations.AlterField(
            model_name="badge",
            name="evidence_type",
            field=models.CharField(blank=True, max_length=255, null=True),
        ),
        migrations.AlterField(
            model_name="badge",
            name="issuer_url",
            field=models.CharField(blank=True, max_length=2048, null=True),
        ),
        migrations.AlterField(
            model_name="badge",
            name="rubric_url",
            field=models.CharField(blank=True, max_length=2048, null=True),
        ),
        migrations.AlterField(
            model_name="badge",
            name="slug",
            field=credentials_badges.badges.models.fields.ExactCharField(max_length=255),
        ),
        migrations.AlterField(
            model_name="badge",
            name="strapline",
            field=models.CharField(blank=True, max_length=140, null=True),
        ),
        migrations.AlterField(
            model_name="badge",
            name="time_units",
            field=models.CharField(blank=True, max_length=16, null=True),
        ),
        migrations.AlterField(
            model_name="claimcode",
            name="email",
            field=models.CharField(blank=True, max_length=1000, null=True),
        ),
        migrations.AlterField(
            model_name="issuer",
            name="description",
            field=models.TextField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="issuer",
            name="email",
            field=models.CharField(blank=True, max_length=255, null=True),
        ),
        migrations.AlterField(
            model_name="issuer",
            name="url",
            field=models.CharField(blank=True, max_length=2048),
        ),
        migrations.AlterField(
            model_name="program",
            name="description",
            field=models.TextField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="program",
            name="email",
            field=models.CharField(blank=True, max_length=255, null=True),
        ),
        migrations.AlterField(
            model_name="program",
            name="url",
            field=models.CharField(blank=True, max_length=2048),
        ),
        migrations.AlterField(
            model_name="system",
            name="description",
            field=models.TextField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="system",
            name="email",
            field=models.CharField(blank=True, max_length=255, null=True),
        ),
        migrations.AlterField(
            model_name="system",
            name="slug",
            field=credentials_badges.badges.models.fields.ExactCharField(max_length=255),
        ),
        migrations.AlterField(
            model_name="system",
            name="url",
            field=models.CharField(blank=True, max_length=2048),
        ),
        migrations.AddIndex(
            model_name="badgeinstance",
            index=models.Index(fields=["address"], name="badgekit_address"),
        ),
        migrations.AddField(
            model_name="alignment",
            name="badge",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="alignments", to="badgekit.badge"
            ),
        ),
        migrations.AddField(
            model_name="application",
            name="badge",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="applications", to="badgekit.badge"
            ),
        ),
        migrations.AddField(
            model_name="category",
            name="badge",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="categories", to="badgekit.badge"
            ),
        ),
        migrations.AddField(
            model_name="consumer",
            name="system",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="consumers", to="badgekit.system"
            ),
        ),
        migrations.AddField(
            model_name="criterion",
            name="badge",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="criteria", to="badgekit.badge"
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="application",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="evidence", to="badgekit.application"
            ),
        ),
        migrations.AddField(
            model_name="badge",
            name="image",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="badgekit.image",
            ),
        ),
        migrations.AddField(
            model_name="issuer",
            name="image",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="badgekit.image",
            ),
        ),
        migrations.AddField(
            model_name="program",
            name="image",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="badgekit.image",
            ),
        ),
        migrations.AddField(
            model_name="system",
            name="image",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="badgekit.image",
            ),
        ),
        migrations.AddField(
            model_name="milestone",
            name="primary_badge",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="milestones", to="badgekit.badge"
            ),
        ),
        migrations.AddField(
            model_name="milestone",
            name="system",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="milestones", to="badgekit.system"
            ),
        ),
        migrations.AddField(
            model_name="milestonebadge",
            name="badge",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="badgekit.badge"),
        ),
        migrations.AddField(
            model_name="milestonebadge",
            name="milestone",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="badgekit.milestone"
            ),
        ),
        migrations.AddField(
            model_name="milestone",
            name="support_badges",
            field=models.ManyToManyField(
                related_name="supported_milestones", through="badgekit.MilestoneBadge", to="badgekit.badge"
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="application",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="reviews", to="badgekit.application"
            ),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="criterion",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="badgekit.criterion",
            ),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="review",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="items", to="badgekit.review"
            ),
        ),
        migrations.AddField(
            model_name="tag",
            name="badge",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="tags", to="badgekit.badge"
            ),
        ),
        migrations.AddField(
            model_name="webhook",
            name="system",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="webhooks", to="badgekit.system"
            ),
        ),
        migrations.AddField(
            model_name="webhookcall",
            name="webhook",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="calls", to="badgekit.webhook"
            ),
        ),
        migrations.AddConstraint(
            model_name="consumer",
            constraint=models.UniqueConstraint(fields=("compared_key",), name="badgekit_api_key"),
        ),
        migrations.AddConstraint(
            model_name="milestonebadge",
            constraint=models.UniqueConstraint(fields=("milestone", "badge"), name="badgekit_milestone_badge"),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.UniqueConstraint(fields=("system", "url"), name="badgekit_webhook_url"),
        ),
        migrations.AddIndex(
            model_name="webhookcall",
            index=models.Index(fields=["status", "not_before"], name="webhookcall_due"),
        ),
        migrations.AddIndex(
            model_name="webhookcall",
            index=models.Index(fields=["topic", "status"], name="webhookcall_topic"),
        ),
    ]
