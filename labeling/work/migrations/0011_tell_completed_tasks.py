"""A task that has all the labels it wants is announced in the transaction of the last one, where a webhook wants it.

The database does it: a submission is too frequent to ask first. Two people who submit at one moment stand in line at
the task's row, so that the second of them sees the first. A label that is changed completes its task anew.
"""

from django.db import migrations

TELL = """
CREATE FUNCTION tell_completed_task() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    task work_task;
    labels integer;
BEGIN
    IF NOT EXISTS (SELECT FROM events_webhookendpoint WHERE is_active AND 'task.completed' = ANY (events)) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO task FROM work_task WHERE id = NEW.task_id FOR NO KEY UPDATE;
    SELECT count(*) INTO labels FROM work_assignment
        WHERE task_id = NEW.task_id AND state = 'submitted' AND NOT by_program;
    IF labels >= task.seats THEN
        INSERT INTO events_webhookdelivery (key, endpoint_id, event, payload, state, attempts, next_try_at, error, created_at)
        SELECT gen_random_uuid(), endpoint.id, 'task.completed', jsonb_build_object(
                'type', 'task.completed', 'timestamp', to_json(now()), 'data', jsonb_build_object(
                    'task', task.id, 'project', task.project_id, 'prompt', task.prompt_id, 'labels', labels
                )
            ), 'waiting', 0, now(), '', now()
        FROM events_webhookendpoint endpoint WHERE is_active AND 'task.completed' = ANY (events);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER tell_completed_task AFTER UPDATE OF state ON work_assignment FOR EACH ROW
    WHEN (NEW.state = 'submitted' AND OLD.state <> 'submitted' AND NOT NEW.by_program)
    EXECUTE FUNCTION tell_completed_task();
"""
NO_MORE = """
DROP TRIGGER tell_completed_task ON work_assignment;
DROP FUNCTION tell_completed_task();
"""


class Migration(migrations.Migration):
    dependencies = [("work", "0010_cohorts_stay_apart"), ("events", "0002_webhooks")]

    operations = [migrations.RunSQL(TELL, NO_MORE)]
