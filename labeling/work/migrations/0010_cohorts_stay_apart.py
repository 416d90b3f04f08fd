"""Whoever has worked in one cohort never changes to the other: held-out labelers are held out for good."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_to_mix_cohorts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM work_assignment WHERE labeler_id = NEW.labeler_id AND cohort NOT IN ('', NEW.cohort)) THEN
        RAISE EXCEPTION 'a labeler who has worked in one cohort does not join the other'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER cohorts_stay_apart BEFORE INSERT OR UPDATE OF cohort, labeler_id ON people_cohortmembership
    FOR EACH ROW EXECUTE FUNCTION refuse_to_mix_cohorts();
"""

ALLOW = """
DROP TRIGGER cohorts_stay_apart ON people_cohortmembership;
DROP FUNCTION refuse_to_mix_cohorts();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("work", "0009_invitations_and_single_responses"),
        ("people", "0004_applicants_and_texts_that_stay"),
    ]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
