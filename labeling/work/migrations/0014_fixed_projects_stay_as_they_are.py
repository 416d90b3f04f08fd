"""What applicants are measured by does not change under them: not its tasks, not what it asks, not its instructions."""

import django.db.models.deletion
from django.db import migrations, models

REFUSE = """
CREATE FUNCTION refuse_to_change_what_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a project that is fixed stays as it is'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$;

-- Its name, and whether it is open, say nothing about what is asked.
CREATE TRIGGER a_fixed_project_stays_as_it_is BEFORE UPDATE ON work_project FOR EACH ROW
    WHEN (OLD.fixed_version_id IS NOT NULL AND
        to_jsonb(OLD) - '{name,state,created_by_id}'::text[] <> to_jsonb(NEW) - '{name,state,created_by_id}'::text[])
    EXECUTE FUNCTION refuse_to_change_what_is_fixed();

CREATE FUNCTION refuse_to_change_fixed_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM work_project WHERE id IN (OLD.project_id, NEW.project_id) AND fixed_version_id IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'a project that is fixed keeps its tasks'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;

CREATE TRIGGER a_fixed_project_keeps_its_tasks BEFORE DELETE OR UPDATE OF
    project_id, prompt_id, use_case_text, seats, is_calibration, priority, position, seed, set_aside_at
    ON work_task FOR EACH ROW EXECUTE FUNCTION refuse_to_change_fixed_tasks();

-- Once for a statement that may bring a million.
CREATE FUNCTION refuse_more_fixed_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM work_project WHERE id IN (SELECT DISTINCT project_id FROM added) AND fixed_version_id IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'a project that is fixed keeps its tasks'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER a_fixed_project_gets_no_more_tasks AFTER INSERT ON work_task REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_more_fixed_tasks();

CREATE FUNCTION refuse_other_instructions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM work_project WHERE instructions_id = NEW.instructions_id AND fixed_version_id IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'a project that is fixed keeps its instructions'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER a_fixed_project_keeps_its_instructions BEFORE INSERT OR UPDATE ON guidelines_instructionsversion
    FOR EACH ROW EXECUTE FUNCTION refuse_other_instructions();
"""

ALLOW = """
DROP TRIGGER a_fixed_project_keeps_its_instructions ON guidelines_instructionsversion;
DROP TRIGGER a_fixed_project_gets_no_more_tasks ON work_task;
DROP TRIGGER a_fixed_project_keeps_its_tasks ON work_task;
DROP TRIGGER a_fixed_project_stays_as_it_is ON work_project;
DROP FUNCTION refuse_other_instructions();
DROP FUNCTION refuse_more_fixed_tasks();
DROP FUNCTION refuse_to_change_fixed_tasks();
DROP FUNCTION refuse_to_change_what_is_fixed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("guidelines", "0001_first_tables"),
        ("work", "0013_tags_that_a_sheet_was_asked_by"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="fixed_version",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="guidelines.formversion", verbose_name="stays with the form version",
            ),
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
