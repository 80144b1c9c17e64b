from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("badgekit", "0004_fill"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="badge",
            name="image_url",
        ),
        migrations.RemoveField(
            model_name="issuer",
            name="image_url",
        ),
        migrations.RemoveField(
            model_name="program",
            name="image_url",
        ),
        migrations.RemoveField(
            model_name="system",
            name="image_url",
        ),
        migrations.AddConstraint(
            model_name="badgeinstance",
            constraint=models.UniqueConstraint(fields=("badge", "address", "ordinal"), name="badgekit_one_each"),
        ),
        migrations.AddConstraint(
            model_name="claimcode",
            constraint=models.UniqueConstraint(fields=("badge", "code_key"), name="badgekit_claim_code"),
        ),
        migrations.AddConstraint(
            model_name="badge",
            constraint=models.UniqueConstraint(fields=("slug_key",), name="badgekit_badge_slug"),
        ),
        migrations.AddConstraint(
            model_name="issuer",
            constraint=models.UniqueConstraint(fields=("system", "slug_key"), name="badgekit_issuer_slug"),
        ),
        migrations.AddConstraint(
            model_name="program",
            constraint=models.UniqueConstraint(fields=("issuer", "slug_key"), name="badgekit_program_slug"),
        ),
        migrations.AddConstraint(
            model_name="system",
            constraint=models.UniqueConstraint(fields=("slug_key",), name="badgekit_system_slug"),
        ),
        migrations.AddIndex(
            model_name="claimcode",
            index=models.Index(fields=["code_key"], name="badgekit_code_key"),
        ),
    ]
