from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("badgekit", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="claimcode",
            name="expires",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
