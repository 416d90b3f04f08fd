"""How fast does freezing go, and does its memory stay flat? `python -m tests.load.bench_freeze --rankings 10000`

Rankings of K = 4 under the form of table 3, rated and answered, about 6.7 kB a line, in a database of its own that is
dropped afterwards. Linux only. Prints rankings/s, peak memory, and the ratio to PostgreSQL's COPY of the same rows as
JSON, which runs before and after each. `--rankings 10000 100000` shows whether memory is flat.
"""

import argparse
import multiprocessing
import os
import random
import re
import time
from pathlib import Path

from tests import services

WORDS = ["".join(random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz", k=2 + seed % 9)) for seed in range(3000)]
FILL = """
INSERT INTO work_task (project_id, prompt_id, seats, taken, priority, position, seed, set_aside_reason, created_at)
    SELECT {project}, id, 1, 1, 0, id, id, '', now() FROM prompts_prompt;
INSERT INTO work_taskcandidate (task_id, response_id, ordinal)
    SELECT t.id, r.id, row_number() OVER (PARTITION BY t.id ORDER BY r.id) - 1
    FROM work_task t JOIN candidates_response r USING (prompt_id);
INSERT INTO work_assignment (id, task_id, project_id, labeler_id, state, purpose, cohort, by_program, form_version_id,
        instructions_version_id, leased_at, lease_until, closed_at, skip_reason)
    SELECT gen_random_uuid(), t.id, {project}, (ARRAY{labelers})[1 + t.id % {n}], 'submitted', 'training', 'training',
        false, {form}, {instructions}, now(), now(), now(), '' FROM work_task t;
INSERT INTO work_slot (assignment_id, candidate_id, place)
    SELECT a.id, c.id, 1 + (c.ordinal + a.task_id) % 4 FROM work_assignment a JOIN work_taskcandidate c USING (task_id);
INSERT INTO labels_label (assignment_id, revision, seconds, submitted_at) SELECT id, 1, 200, now() FROM work_assignment;
INSERT INTO labels_ranking (label_id, was_arranged) SELECT id, false FROM labels_label;
INSERT INTO labels_place (ranking_id, slot_id, rank)
    SELECT k.id, s.id, CASE WHEN l.id % 3 = 0 THEN (1 + s.place) / 2 ELSE s.place END
    FROM labels_ranking k JOIN labels_label l ON l.id = k.label_id JOIN work_slot s USING (assignment_id);
INSERT INTO labels_rating (label_id, slot_id, overall_quality, notes)
    SELECT l.id, s.id, 1 + (s.id % 7), '' FROM labels_label l JOIN work_slot s USING (assignment_id);
INSERT INTO labels_answer (label_id, rating_id, question_id, is_na, yes)
    SELECT g.label_id, g.id, q.id, q.allows_na AND g.id % 2 = 0,
        CASE WHEN NOT (q.allows_na AND g.id % 2 = 0) THEN g.id % 5 = 0 END
    FROM labels_rating g CROSS JOIN guidelines_question q WHERE q.version_id = {form} AND q.scale = 'binary';
ANALYZE;
"""
# The same facts by the shortest way out of the database: no pairs, no pseudonyms, no compression.
COPY = """
COPY (SELECT row_to_json(line) FROM (
    SELECT l.id, l.seconds, a.task_id, a.cohort, a.labeler_id, p.id AS prompt_id, p.messages, p.meta, o.key_hash,
        o.split, v.number AS instructions_version, (
            SELECT json_agg(one) FROM (
                SELECT r.id, r.text, r.sampling, e.name, e.role, w.rank, g.overall_quality, (
                    SELECT json_object_agg(q.key, n.yes) FROM labels_answer n
                    JOIN guidelines_question q ON q.id = n.question_id WHERE n.rating_id = g.id
                ) AS answers
                FROM labels_place w JOIN work_slot s ON s.id = w.slot_id
                JOIN work_taskcandidate c ON c.id = s.candidate_id JOIN candidates_response r ON r.id = c.response_id
                JOIN candidates_modelendpoint e ON e.id = r.endpoint_id
                JOIN labels_rating g ON g.label_id = l.id AND g.slot_id = s.id
                WHERE w.ranking_id = k.id ORDER BY c.ordinal
            ) one
        ) AS responses
    FROM labels_label l JOIN labels_ranking k ON k.label_id = l.id JOIN work_assignment a ON a.id = l.assignment_id
    JOIN work_task t ON t.id = a.task_id JOIN prompts_prompt p ON p.id = t.prompt_id
    JOIN prompts_owner o ON o.id = p.owner_id JOIN guidelines_instructionsversion v ON v.id = a.instructions_version_id
    ORDER BY a.task_id
) line) TO STDOUT
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rankings", type=int, nargs="+", default=[10_000])
    parser.add_argument("--big", action="store_true", help="a million rankings as well: an hour of seeding and 30 GB")
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labeling.settings")
    services.pytest_load_initial_conftests()
    import django

    django.setup()
    from django.db import connection

    try:
        for rankings in asked.rankings + [1_000_000] * asked.big:
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            try:
                measure(rankings)
            finally:
                connection.creation.destroy_test_db("attune", verbosity=0)
    finally:
        services.pytest_unconfigure()


def measure(rankings):
    begun = time.perf_counter()
    project = filled(rankings)
    copied = [copy_out()]
    print(f"{rankings:,} rankings, seeded in {time.perf_counter() - begun:.0f} s", flush=True)
    for kind, format in (("comparisons", "grouped"), ("comparisons", "trl"), ("raw", "native")):
        rate, said = frozen(kind, format, project, rankings)
        copied.append(copy_out())
        beside = (copied[-2] + copied[-1]) / 2
        print(f"{kind} {format}: {said}; COPY beside it {beside:,.0f} rows/s: {rate / beside:.2f} of it", flush=True)


def frozen(kind, format, project, rankings):
    """Return the rankings per second, and what else there is to say."""
    from labeling.datasets import freezing

    before = forget_peak()
    begun, worked = time.perf_counter(), time.process_time()
    version = freezing.freeze_here(kind=kind, format=format, projects=[project])
    seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    assert version.is_frozen, version.error
    size = sum(file.bytes for file in version.files.all())
    return rankings / seconds, (
        f"{rankings / seconds:,.0f} rankings/s ({seconds:.2f} s, processor {worked:.2f} s), "
        f"{version.manifest['rows']} lines, {size / 2**20:.1f} MiB compressed, "
        f"memory {before:.0f} MiB before, {memory('VmHWM'):.0f} MiB at most"
    )


def filled(rankings):
    """Return the id of a project with that many, made by a child: what seeding takes is not this process's memory."""
    from django.db import connection

    connection.close()
    forked = multiprocessing.get_context("fork")
    told = forked.SimpleQueue()
    child = forked.Process(target=lambda: told.put(fill(rankings).pk))
    child.start()
    child.join()
    assert child.exitcode == 0
    return told.get()


def fill(rankings):
    from django.db import connection

    from labeling.candidates.models import ModelEndpoint, Response, normal_hash
    from labeling.guidelines.models import FormVersion
    from labeling.prompts.models import Owner, Prompt
    from tests.factories import EndpointFactory, LabelerFactory, ProjectFactory, SourceFactory

    chance, source = random.Random(1), SourceFactory()
    form = FormVersion.objects.get(form__key="instructgpt")
    project = ProjectFactory(form=form.form)
    labelers = [LabelerFactory().pk for _ in range(40)]
    models = [EndpointFactory(name=f"model {size}", role="ppo") for size in ("1.3B", "6B", "175B", "175B-x")]
    for start in range(0, rankings, 1000):
        numbers = range(start, min(start + 1000, rankings))
        owners = Owner.objects.bulk_create(
            Owner(key_hash=f"{n:064x}", split=chance.choices(["train", "valid", "test"], [8, 1, 1])[0]) for n in numbers
        )
        prompts = Prompt.objects.bulk_create(
            Prompt(
                source=source,
                external_id=f"p{n}",
                owner=owner,
                messages=[{"role": "user", "content": text(chance, 50)}],
                meta={"line": n},
            )
            for n, owner in zip(numbers, owners, strict=True)
        )
        answers = [(prompt, model, text(chance, 165)) for prompt in prompts for model in models]
        Response.objects.bulk_create(
            Response(
                prompt=prompt,
                endpoint=model,
                text=said,
                text_hash=normal_hash(said),
                sampling={"temperature": 1.0, "max_tokens": 256},
            )
            for prompt, model, said in answers
        )
    assert ModelEndpoint.objects.count() == 4
    with connection.cursor() as cursor:
        cursor.execute(
            FILL.format(
                project=project.pk,
                form=form.pk,
                instructions=project.instructions.newest().pk,
                labelers=labelers,
                n=len(labelers),
            )
        )
    return project


def text(chance, words):
    return " ".join(chance.choices(WORDS, k=words))


def copy_out():
    """Return the rows per second of COPY."""
    from django.db import connection

    begun, rows = time.perf_counter(), 0
    with connection.cursor() as cursor, cursor.copy(COPY) as out:
        for _block in out:
            rows += 1
    return rows / (time.perf_counter() - begun)


def forget_peak():
    """Start the peak anew (proc(5): clear_refs), and return the memory held now, in MiB."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def memory(line):
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"^{line}:\s+(\d+) kB$", status, re.MULTILINE)[1]) / 2**10


if __name__ == "__main__":
    main()
