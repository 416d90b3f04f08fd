"""A response of no-break spaces alone is empty, too. What a generated column says can only be made anew."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("candidates", "0004_findings_go_with_their_responses")]

    operations = [
        migrations.RemoveField("response", "is_empty"),
        migrations.AddField(
            "response",
            "is_empty",
            models.GeneratedField(
                verbose_name="is empty",
                expression=Q(
                    text__regex=r"^[\s\u001c-\u001f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$"
                ),
                output_field=models.BooleanField(),
                db_persist=True,
            ),
        ),
    ]
