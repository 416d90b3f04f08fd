"""A frozen dataset version does not change: not by a forgotten save, not by hand in psql."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_to_change_a_frozen_dataset_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a frozen dataset version does not change'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$;

CREATE FUNCTION keep_frozen_dataset_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owners bigint[];
BEGIN
    IF TG_TABLE_NAME = 'datasets_file' THEN
        owners := ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.version_id END,
                        CASE WHEN TG_OP <> 'DELETE' THEN NEW.version_id END];
    ELSE
        owners := ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.datasetversion_id END,
                        CASE WHEN TG_OP <> 'DELETE' THEN NEW.datasetversion_id END];
    END IF;
    IF EXISTS (SELECT 1 FROM datasets_datasetversion WHERE id = ANY(owners) AND state = 'frozen') THEN
        RAISE EXCEPTION 'a frozen dataset version does not change'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

-- Who asked for it may be forgotten when that person's account goes.
CREATE TRIGGER a_frozen_version_is_not_updated BEFORE UPDATE ON datasets_datasetversion FOR EACH ROW
    WHEN (OLD.state = 'frozen' AND NOT (
        to_jsonb(NEW) - 'requested_by_id' = to_jsonb(OLD) - 'requested_by_id'
        AND (NEW.requested_by_id IS NULL OR NEW.requested_by_id = OLD.requested_by_id)))
    EXECUTE FUNCTION refuse_to_change_a_frozen_dataset_version();

CREATE TRIGGER a_frozen_version_is_not_deleted BEFORE DELETE ON datasets_datasetversion FOR EACH ROW
    WHEN (OLD.state = 'frozen') EXECUTE FUNCTION refuse_to_change_a_frozen_dataset_version();

CREATE TRIGGER a_frozen_version_keeps_its_files BEFORE INSERT OR UPDATE OR DELETE ON datasets_file
    FOR EACH ROW EXECUTE FUNCTION keep_frozen_dataset_parts();

CREATE TRIGGER a_frozen_version_keeps_its_projects BEFORE INSERT OR UPDATE OR DELETE
    ON datasets_datasetversion_projects FOR EACH ROW EXECUTE FUNCTION keep_frozen_dataset_parts();
"""

ALLOW = """
DROP TRIGGER a_frozen_version_keeps_its_projects ON datasets_datasetversion_projects;
DROP TRIGGER a_frozen_version_keeps_its_files ON datasets_file;
DROP TRIGGER a_frozen_version_is_not_deleted ON datasets_datasetversion;
DROP TRIGGER a_frozen_version_is_not_updated ON datasets_datasetversion;
DROP FUNCTION keep_frozen_dataset_parts();
DROP FUNCTION refuse_to_change_a_frozen_dataset_version();
"""


class Migration(migrations.Migration):
    dependencies = [("datasets", "0001_first_tables")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
