"""Tests that are published already stay as they are, too: with the form as it is today."""

from django.db import migrations

FIX = """
UPDATE work_project project SET fixed_version_id = (
    SELECT id FROM guidelines_formversion WHERE form_id = project.form_id ORDER BY number DESC LIMIT 1
)
FROM screening_section section JOIN screening_test test ON test.id = section.test_id AND test.state <> 'draft'
WHERE section.project_id = project.id AND project.fixed_version_id IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("screening", "0005_history_by_name"), ("work", "0014_fixed_projects_stay_as_they_are")]

    operations = [migrations.RunSQL(FIX, migrations.RunSQL.noop)]
