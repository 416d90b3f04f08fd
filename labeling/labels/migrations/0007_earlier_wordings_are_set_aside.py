"""Of a prompt that was written and revised since, the last wording stands: the earlier ones are set aside."""

from django.db import migrations

SET_ASIDE = """
UPDATE prompts_prompt prompt SET set_aside_as = 'revised', set_aside_at = label.superseded_at
FROM labels_demonstration demonstration JOIN labels_label label ON label.id = demonstration.label_id
WHERE demonstration.prompt_id = prompt.id AND label.superseded_at IS NOT NULL AND prompt.set_aside_as = ''
"""


class Migration(migrations.Migration):
    dependencies = [
        ("labels", "0006_findings_go_with_their_demonstrations"),
        ("prompts", "0008_set_aside_as_revised"),
    ]

    operations = [migrations.RunSQL(SET_ASIDE, migrations.RunSQL.noop)]
