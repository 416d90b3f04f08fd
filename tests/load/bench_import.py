"""How fast do prompts come in, next to PostgreSQL's own COPY of the very same prompts, and in how much memory?

    python -m tests.load.bench_import --rows 1000000

Works in a database of its own on the server that DATABASE_URL or this machine names, and drops it in the end.
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import psycopg

from labeling import embedded

WORDS = ("please name the longest river that flows through two countries and say why it matters to people",)
KEYS = {
    "prompts_owner": [],
    "prompts_prompt": [
        ("source_id", "prompts_source"),
        ("owner_id", "copy_of_prompts_owner"),
        ("from_import_id", "prompts_import"),
    ],
}
NAME = "attune_bench_import"


KOREAN = "두 나라를 지나는 가장 긴 강의 이름을 말하고 그 강이 사람들에게 왜 중요한지 두 문장으로 설명해 주세요"
PERSONAL = (
    "Write to person{0}@attune.kr",
    "Call 010-1234-{0:04}",
    "It is in C:\\Users\\person{0}\\notes",
    "From 203.0.113.7",
)


def write_file(path, rows, length):
    """Prompts of `length` characters as they come: of a hundred, one is the text of the one before it in capitals and
    one begins like it, two hold something personal, ten are Korean, ten are by authors who have ten each and two by
    authors who have five hundred.
    """
    text, korean = " ".join(WORDS * (length // 60)), " ".join([KOREAN] * (length // 40))
    before = ""
    with path.open("wb") as file:
        for number in range(rows):
            before = prompt = _prompt(number, before, text, korean, length)
            row = {"id": f"p{number}", "prompt": prompt, "tags": ["bench"], **_author(number)}
            file.write(orjson.dumps(row) + b"\n")


def _prompt(number, before, text, korean, length):
    match number % 100:
        case 1:
            return before.upper()
        case 3:
            return before + ", in one word"
        case 10 | 60:
            personal = PERSONAL[number // 50 % 4].format(number % 10_000)
            return f"{number} {personal}. {text}"[:length]
        case last if last % 10 == 5:
            return f"{number} {korean}"[:length]
    return f"{number} {text}"[:length]


def _author(number):
    if number % 10 == 0:
        return {"author": f"author {number // 100}"}
    return {"author": f"busy author {number // 25_000}"} if number % 50 == 7 else {}


def time_import(path):
    """Import the file through the product's own verbs; return (the Import, seconds, seconds of our own processor time,
    seconds of PostgreSQL's, marks of (seconds, MiB) behind each batch).
    """
    from labeling.candidates.importing import request_import, run_import
    from labeling.prompts.models import Import

    with path.open("rb") as file:
        job = request_import(file=file, filename=path.name, source_name="bench", wake_worker=False)
    marks = []
    began, processor, database = time.perf_counter(), time.process_time(), _processor_of_database()
    run_import(import_id=job.pk, progress=lambda batch: marks.append((time.perf_counter() - began, _memory())))
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    database = _processor_of_database() - database
    job = Import.objects.get(pk=job.pk)
    assert job.state == "done", job.error
    return job, seconds, processor, database, marks


def time_copy():
    """COPY the stored prompts and owners out and into empty tables of the same shape; return the seconds in."""
    from django.db import connection

    with connection.cursor() as cursor, tempfile.TemporaryDirectory() as folder:
        seconds = 0
        for table in ("prompts_owner", "prompts_prompt"):
            cursor.execute(f"CREATE TABLE copy_of_{table} (LIKE {table} INCLUDING ALL)")
            for column, other in KEYS[table]:
                cursor.execute(f"ALTER TABLE copy_of_{table} ADD FOREIGN KEY ({column}) REFERENCES {other}")
            path = Path(folder, table)
            with path.open("wb") as file, cursor.copy(f"COPY {table} TO STDOUT") as out:
                for piece in out:
                    file.write(piece)
            began = time.perf_counter()
            with path.open("rb") as file, cursor.copy(f"COPY copy_of_{table} FROM STDIN") as into:
                while piece := file.read(2**20):
                    into.write(piece)
            seconds += time.perf_counter() - began
        return seconds


def _processor_of_database():
    """Processor seconds so far of the server's process behind our connection, which is on this machine."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        fields = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--length", type=int, default=300, help="characters of each prompt")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ATTUNE_DATA_DIR"] = folder
        _database()
        path = Path(folder, "prompts.jsonl")
        write_file(path, options.rows, options.length)
        job, *seconds, marks = time_import(path)
        copied = time_copy()
    _report(job, *seconds, marks, copied)
    _drop_database()


def _report(job, seconds, processor, database, marks, copied):
    count, tenth = job.created_count, marks[len(marks) // 10][1]
    found = job.same_text_count, job.same_beginning_count, job.over_cap_count, job.held_back_count
    print("set aside       {:,} same text, {:,} same beginning, {:,} over the cap; {:,} with findings".format(*found))
    print(f"import          {count / seconds:>10,.0f} prompts/s   ({count:,} in {seconds:.1f} s)")
    print(f"  of our own    {processor / count * 1e6:>10,.1f} µs of processor time a prompt")
    print(f"  of PostgreSQL {database / count * 1e6:>10,.1f} µs")
    print(f"  of one core   {count / (processor + database):>10,.0f} prompts/s, if both shared one")
    print(f"COPY            {count / copied:>10,.0f} prompts/s   with their owners, same indexes, same foreign keys")
    print(f"ratio           {copied / seconds:>10.2f}   of COPY's speed")
    print(f"memory          {tenth:>10.1f} MiB after a tenth, {marks[-1][1]:.1f} MiB at the end")
    print(f"peak RSS        {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>10.1f} MiB")


def _database():
    import django
    from django.core.management import call_command

    if "DATABASE_URL" not in os.environ:
        services = embedded.start("bench")
        os.environ.update(DATABASE_URL=services.database_url, REDIS_URL=services.redis_url)
    for name, value in embedded.secrets("bench").items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("ATTUNE_ENV", "test")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labeling.settings")
    _admin(f"DROP DATABASE IF EXISTS {NAME}", f"CREATE DATABASE {NAME}")
    os.environ["DATABASE_URL"] = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{NAME}").geturl()
    django.setup()
    call_command("migrate", verbosity=0)


def _drop_database():
    from django.db import connection

    connection.close()
    _admin(f"DROP DATABASE {NAME}")


def _admin(*statements):
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres").geturl()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


if __name__ == "__main__":
    main()
