from hashlib import md5

from django.db import migrations

from providers.badgekit.models.folding import address, folded

NAMED = ("System", "Issuer", "Program", "Badge")


def fill(apps, schema_editor):
    """Pictures become rows of their own, and what is compared gets its column."""
    pictures = apps.get_model("badgekit", "Image").objects
    for name in NAMED:
        rows = apps.get_model("badgekit", name).objects
        for row in rows.all().iterator():
            picture = None
            if row.image_url:
                slug = md5(row.image_url.encode(), usedforsecurity=False).hexdigest()
                picture, _ = pictures.get_or_create(slug=slug, defaults={"url": row.image_url})
            rows.filter(pk=row.pk).update(image=picture, slug_key=folded(row.slug))
    codes = apps.get_model("badgekit", "ClaimCode").objects
    for code in codes.all().iterator():
        key = None if code.cancelled_at else folded(code.code)
        codes.filter(pk=code.pk).update(code_key=key, deleted_at=code.cancelled_at, uses=int(code.claimed))
    instances = apps.get_model("badgekit", "BadgeInstance").objects
    for instance in instances.all().iterator():
        instances.filter(pk=instance.pk).update(address=address(instance.email))


class Migration(migrations.Migration):
    dependencies = [
        ("badgekit", "0003_whole_store"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
