from django.db import migrations

PROXY = {"proxy": True, "indexes": [], "constraints": []}


class Migration(migrations.Migration):
    """Proxies have no tables, but the admin's permissions hang on them."""

    initial = True
    dependencies = [("badges", "0001_initial")]
    operations = [
        migrations.CreateModel(name="Laurel", fields=[], options=PROXY, bases=("badges.badgetemplate",)),
        migrations.CreateModel(name="LaurelHouse", fields=[], options=PROXY, bases=("badges.provideraccount",)),
        migrations.CreateModel(name="LaurelWreath", fields=[], options=PROXY, bases=("badges.badge",)),
    ]
