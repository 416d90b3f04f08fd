"""Very many rankings in moments, as years of labeling would have left them: K = 4 under the form of table 3."""

import random
from contextlib import contextmanager

from django.db import connection

from labeling.guidelines.models import FormVersion
from tests.factories import EndpointFactory, LabelerFactory, ProjectFactory, SourceFactory

WORDS = ["".join(random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz", k=2 + seed % 9)) for seed in range(3000)]
PIECES = 5_000
LABELERS = 40
QUESTIONS = 11  # of table 3, answered yes or no

# Every text is two of the pieces, so that no two are the same and none says what stood close before it; every answer is
# drawn for itself.
SEED = """
CREATE FUNCTION pg_temp.draw(number bigint, salt bigint, among int) RETURNS int IMMUTABLE LANGUAGE sql AS
    'SELECT (hashint8extended(number, salt) & 9223372036854775807) % among';
INSERT INTO prompts_owner (id, key_hash, is_author, split, created_at)
    SELECT n, lpad(to_hex(n), 64, '0'), true,
        CASE pg_temp.draw(n, 1, 10) WHEN 0 THEN 'valid' WHEN 1 THEN 'test' ELSE 'train' END, now()
    FROM generate_series(1, {rankings}) n;
INSERT INTO prompts_prompt (id, source_id, external_id, owner_id, origin, messages, is_text, use_case, tags, language,
        meta, created_at)
    SELECT n, {source}, 'p' || n, n, 'customer', jsonb_build_array(jsonb_build_object('role', 'user', 'content',
        one.short || ' ' || other.short)), true, '', '{{}}', '', jsonb_build_object('line', n), now()
    FROM generate_series(1, {rankings}) n
    JOIN piece one ON one.id = pg_temp.draw(n, 2, {pieces}) JOIN piece other ON other.id = pg_temp.draw(n, 3, {pieces});
INSERT INTO candidates_response (id, prompt_id, endpoint_id, sample, text, text_hash, flags, sampling, meta, created_at)
    SELECT number, 1 + (number - 1) / 4, ({models})[1 + number % 4], 0, text,
        encode(sha256(convert_to(text, 'UTF8')), 'hex'), '{{}}', '{{"max_tokens": 256, "temperature": 1.0}}', '{{}}',
        now()
    FROM (
        SELECT n AS number, one.long || ' ' || other.long AS text FROM generate_series(1, 4 * {rankings}) n
        JOIN piece one ON one.id = pg_temp.draw(n, 4, {pieces})
        JOIN piece other ON other.id = pg_temp.draw(n, 5, {pieces})
    ) said;
INSERT INTO work_task (id, project_id, prompt_id, seats, taken, priority, position, seed, set_aside_reason, created_at)
    SELECT n, {project}, n, 1, 1, 0, n, n, '', now() FROM generate_series(1, {rankings}) n;
INSERT INTO work_taskcandidate (id, task_id, response_id, ordinal)
    SELECT n, 1 + (n - 1) / 4, n, (n - 1) % 4 FROM generate_series(1, 4 * {rankings}) n;
INSERT INTO work_assignment (id, task_id, project_id, labeler_id, state, purpose, cohort, by_program, form_version_id,
        instructions_version_id, leased_at, lease_until, closed_at, skip_reason)
    SELECT gen_random_uuid(), n, {project}, ({labelers})[1 + n % {hands}], 'submitted', 'training', 'training', false,
        {form}, {instructions}, now(), now(), now(), '' FROM generate_series(1, {rankings}) n;
INSERT INTO work_slot (id, assignment_id, candidate_id, place)
    SELECT c.id, a.id, c.id, 1 + (c.ordinal + a.task_id) % 4
    FROM work_assignment a JOIN work_taskcandidate c USING (task_id) ORDER BY c.id;
INSERT INTO labels_label (id, assignment_id, revision, seconds, submitted_at)
    SELECT task_id, id, 1, 200, now() FROM work_assignment ORDER BY task_id;
INSERT INTO labels_ranking (id, label_id, was_arranged) SELECT id, id, false FROM labels_label ORDER BY id;
INSERT INTO labels_place (id, ranking_id, slot_id, rank)
    SELECT s.id, c.task_id, s.id, CASE WHEN c.task_id % 3 = 0 THEN (1 + s.place) / 2 ELSE s.place END
    FROM work_slot s JOIN work_taskcandidate c ON c.id = s.candidate_id ORDER BY s.id;
INSERT INTO labels_rating (id, label_id, slot_id, overall_quality, notes)
    SELECT s.id, c.task_id, s.id, 1 + pg_temp.draw(s.id, 6, 7), ''
    FROM work_slot s JOIN work_taskcandidate c ON c.id = s.candidate_id ORDER BY s.id;
INSERT INTO labels_answer (label_id, rating_id, question_id, is_na, yes)
    SELECT label_id, rating_id, question_id, is_na, CASE WHEN NOT is_na THEN drawn % 5 = 0 END FROM (
        SELECT g.label_id, g.id AS rating_id, q.id AS question_id, pg_temp.draw(g.id, q.id, 1000) AS drawn,
            q.allows_na AND pg_temp.draw(g.id, q.id, 2) = 0 AS is_na
        FROM labels_rating g CROSS JOIN (
            SELECT id, position, allows_na FROM guidelines_question
            WHERE version_id = {form} AND scale = 'binary' ORDER BY position LIMIT {questions}
        ) q
    ) said
"""
TABLES = (
    "prompts_owner", "prompts_prompt", "candidates_response", "work_task", "work_taskcandidate", "work_assignment",
    "work_slot", "labels_label", "labels_ranking", "labels_place", "labels_rating", "labels_answer",
)  # fmt: skip
# Foreign keys, and indexes that back no constraint: (how to drop, how to make again).
BURDENS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
    format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s NOT VALID', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(%(tables)s::regclass[])
UNION ALL
SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index WHERE indrelid = ANY(%(tables)s::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


def project_with(rankings, *, questions=QUESTIONS):
    """Open a project of that many tasks, each ranked once; of each response, as many questions are answered."""
    form = FormVersion.objects.get(form__key="instructgpt")
    project = ProjectFactory(form=form.form)
    labelers = [LabelerFactory().pk for _ in range(LABELERS)]
    models = [EndpointFactory(name=f"model {size}", role="ppo").pk for size in ("1.3B", "6B", "175B", "175B-x")]
    facts = {
        "rankings": rankings,
        "questions": questions,
        "pieces": PIECES,
        "source": SourceFactory().pk,
        "models": f"ARRAY{models}",
        "project": project.pk,
        "labelers": f"ARRAY{labelers}",
        "hands": LABELERS,
        "form": form.pk,
        "instructions": project.instructions.newest().pk,
    }
    chance = random.Random(1)
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("CREATE TEMPORARY TABLE piece (id int, short text, long text)")
        cursor.executemany(
            "INSERT INTO piece VALUES (%s, %s, %s)", [(n, text(chance, 25), text(chance, 82)) for n in range(PIECES)]
        )
        cursor.execute("ANALYZE piece")
        with unburdened(cursor):
            for statement in SEED.split(";\n"):
                cursor.execute(statement.format(**facts))
        cursor.execute("DROP TABLE piece")
    settle()
    return project


@contextmanager
def unburdened(cursor):
    """Inside, the tables have no triggers, foreign keys and secondary indexes: with them, a million take an hour.

    What comes in between is taken on trust. For a database that is dropped afterwards.
    """
    cursor.execute(BURDENS, {"tables": list(TABLES)})
    burdens = cursor.fetchall()
    for table in TABLES:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for drop, _make in burdens:
        cursor.execute(drop)
    yield
    for _drop, make in reversed(burdens):
        cursor.execute(make)
    for table in TABLES:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def settle():
    """Leave the tables as autovacuum would have left them long since."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def text(chance, words):
    return " ".join(chance.choices(WORDS, k=words))
