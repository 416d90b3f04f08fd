"""How fast does freezing go, and does its memory stay flat? `python -m tests.load.bench_freeze --rankings 10000`

Rankings of K = 4 under the form of table 3, rated and answered, about 7 kB a line, in a database of its own that is
dropped afterwards. Linux only. Prints rankings/s, peak memory, processor time, and the ratio to PostgreSQL's COPY of
the same rows as JSON, which runs before and after each. `--rankings 10000 100000` shows whether memory is flat.
"""

import argparse
import multiprocessing
import os
import re
import time
from pathlib import Path

from tests import services

FORMATS = ("comparisons/grouped", "comparisons/trl", "raw/native")
COPIED_AT_MOST = 50_000
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
    ORDER BY a.task_id LIMIT {most}
) line) TO STDOUT
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rankings", type=int, nargs="+", default=[10_000])
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--questions", type=int, default=11, help="answered of each response; all that table 3 has")
    parser.add_argument("--big", action="store_true", help="a million rankings as well: some 30 GB of disk")
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
                measure(rankings, asked.questions, asked.formats)
            finally:
                connection.creation.destroy_test_db("attune", verbosity=0)
    finally:
        services.pytest_unconfigure()


def measure(rankings, questions, formats):
    begun = time.perf_counter()
    project = filled(rankings, questions)
    seeded = time.perf_counter() - begun
    copied = [copy_out()]
    print(f"{rankings:,} rankings of {4 * questions} answers, seeded in {seeded:.0f} s", flush=True)
    for chosen in formats:
        kind, format = chosen.split("/")
        rate, said = frozen(kind, format, project, rankings)
        copied.append(copy_out())
        (before, _), (after, processor) = copied[-2:]
        beside = (before + after) / 2
        print(f"{chosen}: {said}", flush=True)
        print(
            f"  COPY beside it {beside:,.0f} rows/s ({processor * 1e6:.0f} µs): {rate / beside:.2f} of it", flush=True
        )


def frozen(kind, format, project, rankings):
    """Return the rankings per second, and what else there is to say."""
    from labeling.datasets import freezing

    before = forget_peak()
    begun, ours, theirs = time.perf_counter(), time.process_time(), postgres_time()
    version = freezing.freeze_here(kind=kind, format=format, projects=[project])
    seconds, ours, theirs = time.perf_counter() - begun, time.process_time() - ours, postgres_time() - theirs
    assert version.is_frozen, version.error
    size = sum(file.bytes for file in version.files.all())
    return rankings / seconds, (
        f"{rankings / seconds:,.0f} rankings/s ({seconds:.2f} s), processor {ours / rankings * 1e6:.0f} µs of ours "
        f"and {theirs / rankings * 1e6:.0f} µs of PostgreSQL's, {version.manifest['rows']} lines, "
        f"{size / 2**20:.1f} MiB compressed, memory {before:.0f} MiB before, {memory('VmHWM'):.0f} MiB at most"
    )


def filled(rankings, questions):
    """Return the id of a project with that many, made by a child: what seeding takes is not this process's memory."""
    from django.db import connection

    from tests.load.rankings import project_with

    connection.close()
    forked = multiprocessing.get_context("fork")
    told = forked.SimpleQueue()
    child = forked.Process(target=lambda: told.put(project_with(rankings, questions=questions).pk))
    child.start()
    child.join()
    assert child.exitcode == 0
    return told.get()


def copy_out():
    """Return the rows per second of COPY, and the seconds of PostgreSQL's processor time for each."""
    from django.db import connection

    begun, worked, rows = time.perf_counter(), postgres_time(), 0
    with connection.cursor() as cursor, cursor.copy(COPY.format(most=COPIED_AT_MOST)) as out:
        for _block in out:
            rows += 1
    return rows / (time.perf_counter() - begun), (postgres_time() - worked) / rows


def postgres_time():
    """The processor time of the server process that serves us, in seconds; 0 where it runs on another machine."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    status = Path(f"/proc/{pid}/schedstat")
    return int(status.read_text().split()[0]) / 1e9 if status.exists() else 0.0


def forget_peak():
    """Start the peak anew (proc(5): clear_refs), and return the memory held now, in MiB."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def memory(line):
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"^{line}:\s+(\d+) kB$", status, re.MULTILINE)[1]) / 2**10


if __name__ == "__main__":
    main()
