"""What applicants are measured by does not change under them: sections and key of a published test stay."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_to_change_published_sections() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM screening_test WHERE id IN (OLD.test_id, NEW.test_id) AND state <> 'draft') THEN
        RAISE EXCEPTION 'a published test keeps its sections and its key'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;

CREATE TRIGGER a_published_test_keeps_its_sections BEFORE INSERT OR UPDATE OR DELETE ON screening_section
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_published_sections();

CREATE FUNCTION refuse_to_change_a_published_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM work_task task
        JOIN screening_section section ON section.project_id = task.project_id
        JOIN screening_test test ON test.id = section.test_id AND test.state <> 'draft'
        WHERE task.id IN (OLD.task_id, NEW.task_id)
    ) THEN
        RAISE EXCEPTION 'a published test keeps its sections and its key'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;

CREATE TRIGGER a_published_test_keeps_its_key BEFORE INSERT OR UPDATE OR DELETE ON quality_gold
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_a_published_key();
"""

ALLOW = """
DROP TRIGGER a_published_test_keeps_its_key ON quality_gold;
DROP TRIGGER a_published_test_keeps_its_sections ON screening_section;
DROP FUNCTION refuse_to_change_a_published_key();
DROP FUNCTION refuse_to_change_published_sections();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("screening", "0002_decisions_stand"),
        ("quality", "0001_first_tables"),
        ("work", "0009_invitations_and_single_responses"),
    ]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
