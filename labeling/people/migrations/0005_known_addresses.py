"""Accounts that were made before addresses had to be verified count as verified: an admin made them."""

from django.db import migrations


def vouch(apps, schema_editor):
    addresses = apps.get_model("account", "EmailAddress").objects
    known = addresses.values("user")
    for user in apps.get_model("people", "User").objects.exclude(pk__in=known).iterator():
        if not addresses.filter(email=user.email.lower(), verified=True).exists():
            addresses.create(user_id=user.pk, email=user.email.lower(), verified=True, primary=True)


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0004_applicants_and_texts_that_stay"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [migrations.RunPython(vouch, migrations.RunPython.noop)]
