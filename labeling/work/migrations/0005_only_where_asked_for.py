"""A task goes without a prompt only where the project asks labelers for it."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_a_task_without_a_prompt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM work_project WHERE id = NEW.project_id AND prompt_types = '{}') THEN
        RAISE EXCEPTION 'a task goes without a prompt only where the project asks labelers for it'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION refuse_to_ask_no_more_for_prompts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM work_task WHERE project_id = NEW.id AND prompt_id IS NULL) THEN
        RAISE EXCEPTION 'a project that has tasks without a prompt asks labelers for it'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER a_task_has_a_prompt_unless_it_is_asked_for BEFORE INSERT OR UPDATE OF prompt_id, project_id ON work_task
    FOR EACH ROW WHEN (NEW.prompt_id IS NULL) EXECUTE FUNCTION refuse_a_task_without_a_prompt();

CREATE TRIGGER a_project_asks_for_the_prompts_its_tasks_lack BEFORE UPDATE OF prompt_types ON work_project
    FOR EACH ROW WHEN (NEW.prompt_types = '{}' AND OLD.prompt_types <> '{}')
    EXECUTE FUNCTION refuse_to_ask_no_more_for_prompts();
"""

ALLOW = """
DROP TRIGGER a_project_asks_for_the_prompts_its_tasks_lack ON work_project;
DROP TRIGGER a_task_has_a_prompt_unless_it_is_asked_for ON work_task;
DROP FUNCTION refuse_to_ask_no_more_for_prompts();
DROP FUNCTION refuse_a_task_without_a_prompt();
"""


class Migration(migrations.Migration):
    dependencies = [("work", "0004_prompts_that_labelers_write")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
