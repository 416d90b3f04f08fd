"""How close to the model's own speed do answers come in? `python -m tests.load.bench_generation [--responses 2000]`

The stand-in answers after 200 ms, in a process of its own; an engine in another; all share the machine with
PostgreSQL and Valkey. The ideal is calls × latency / calls at once. Prints a table of ratios to it, the engine's
processor time per response, and with --plan how long jobs of 50,000 calls and of 100,000 prompts take to be planned,
how soon the job's page answers meanwhile, and the engine's memory. A database of its own is dropped in the end. Exits
with 1 when an answer is missing or was asked for twice.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

import psycopg

from labeling import embedded
from labeling.embedded.processes import free_port, wait

NAME, LATENCY = "attune_bench_generation", 0.2
ENGINE = "from tests.load.bench_generation import work; work()"
WORDS = "Question {}: how does a river find its way to the sea? Explain it to a child who has never seen one. "


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--responses", type=int, default=2000, help="of each run")
    parser.add_argument("--plan", action="store_true", help="the large jobs too")
    asked = parser.parse_args()
    with_services()
    port = free_port()
    os.environ["MODEL_HOSTS"] = f"127.0.0.1:{port}"
    options = ["--port", str(port), "--latency", str(LATENCY)]
    model = subprocess.Popen([sys.executable, "-m", "models_api.server", *options])
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        wrong = runs(port, asked.responses)
        if asked.plan:
            plans(port)
    finally:
        model.kill()
        from django.db import connection

        connection.close()
        with psycopg.connect(os.environ["ADMIN_URL"], autocommit=True) as server:
            server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
    return 1 if wrong else 0


def with_services():
    """A fresh database on the server that the environment names, or on the instance "bench" of this machine."""
    if "DATABASE_URL" not in os.environ:
        services = embedded.start(instance="bench")
        os.environ |= {"DATABASE_URL": services.database_url, "REDIS_URL": services.redis_url}
    for name, value in embedded.secrets("bench").items():
        os.environ.setdefault(name, value)
    os.environ["ADMIN_URL"] = os.environ["DATABASE_URL"]
    with psycopg.connect(os.environ["ADMIN_URL"], autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {NAME}")
    os.environ["DATABASE_URL"] = os.environ["ADMIN_URL"].rsplit("/", 1)[0] + f"/{NAME}"
    os.environ |= {"ATTUNE_ENV": "test", "DJANGO_SETTINGS_MODULE": "labeling.settings", "LOG_LEVEL": "ERROR"}


def runs(port, responses):
    print(f"\n{responses} responses, {1000 * LATENCY:.0f} ms each")
    print(
        f"{'at once':>8} {'engines':>8} {'seconds':>8} {'ideal':>7} {'ratio':>6} {'a second':>9} {'processor ms':>13}"
    )
    wrong = 0
    for concurrency, engines in [(64, 1), (64, 2), (256, 1), (256, 2)]:
        seconds, processor, missing, twice = run(port, responses, concurrency, engines)
        ideal = responses * LATENCY / concurrency
        print(
            f"{concurrency:8} {engines:8} {seconds:8.2f} {ideal:7.2f} {seconds / ideal:6.2f} "
            f"{responses / seconds:9.0f} {1000 * processor / responses:13.2f}"
        )
        wrong += missing + twice
    print(f"answers missing or asked for twice: {wrong}")
    return wrong


def run(port, responses, concurrency, engines):
    """(seconds to the last answer, processor seconds of the engines, answers missing, answers asked for twice)"""
    from labeling.candidates import generating, planning
    from labeling.candidates.models import Call, Response

    source = prompts(responses)
    job = generating.request_generation(
        endpoints=[endpoint(port, concurrency)], selection={"source": source.name}, sampling={"max_tokens": 200}
    )
    planning.plan(job_id=job.pk)
    working = [ready() for _ in range(engines)]
    began = time.time()
    for process in working:
        go(process)
    said = [json.loads(process.stdout.readline()) for process in working]
    for process in working:
        process.wait()
    calls = Call.objects.filter(part__job=job)
    last = calls.order_by("-answered_at").values_list("answered_at", flat=True)[0].timestamp()
    missing = responses - Response.objects.filter(call__part__job=job).count()
    twice = sum(one["stored"] for one in said) - responses
    return last - began, sum(one["processor"] for one in said), missing, max(0, twice)


def ready():
    """An engine's process that has loaded everything and waits for the word."""
    process = subprocess.Popen([sys.executable, "-c", ENGINE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def go(process):
    process.stdin.write(b"go\n")
    process.stdin.flush()


def work():
    """What the engine's process does: load, say so, wait for the word, ask, and tell what it took."""
    import django

    django.setup()
    from labeling.candidates.engine import Engine

    engine = Engine()
    print("ready", flush=True)
    sys.stdin.readline()
    before = resource.getrusage(resource.RUSAGE_SELF)
    stored = engine.run()
    after = resource.getrusage(resource.RUSAGE_SELF)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"stored": stored, "processor": processor, "megabytes": after.ru_maxrss / 1024}), flush=True)


def plans(port):
    """Large jobs: how long the plan takes, how soon the page answers while it is made, and what an engine holds."""
    from django.test import Client

    from labeling.candidates import estimating, generating, planning
    from labeling.people.models import User

    boss = User.objects.create_superuser("bench@attune.example", "attune-bench", name="Bench")
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(boss)
    print(f"\n{'prompts':>8} {'calls':>8} {'estimate s':>11} {'request s':>10} {'plan s':>7} {'page ms, at most':>17}")
    for count, models, n in [(12_500, 2, 2), (100_000, 1, 1)]:
        source = prompts(count)
        endpoints = [endpoint(port, 64) for _ in range(models)]
        wishes = {"endpoints": endpoints, "selection": {"source": source.name}, "n": n}
        estimate, _ = timed(lambda wishes=wishes: estimating.estimate(**wishes))
        request, job = timed(lambda wishes=wishes: generating.request_generation(**wishes))
        pages = []

        def look(job=job, pages=pages):
            seconds, answer = timed(lambda: client.get(f"/admin/candidates/generationjob/{job.pk}/change/"))
            assert answer.status_code == 200
            pages.append(seconds)

        plan, _ = timed(lambda job=job, look=look: planning.plan(job_id=job.pk, each_batch=look))
        print(
            f"{count:8} {count * models * n:8} {estimate:11.2f} {request:10.2f} {plan - sum(pages):7.2f} "
            f"{1000 * max(pages):17.0f}"
        )
        if count == 100_000:
            memory(job)
        generating.cancel(job=job)


def memory(job):
    """The engine's memory after a hundredth of the calls, and after some more of them."""
    process = ready()
    go(process)
    seen = {}
    for goal in (1_000, 2_000, 4_000, 8_000):
        assert wait(lambda goal=goal: job.parts.get().done >= goal, 300), "The engine came to a halt."
        seen[goal] = megabytes(process.pid)
    process.kill()
    process.wait()
    print("the engine's memory, MiB, after so many answers:", ", ".join(f"{n}: {mb:.0f}" for n, mb in seen.items()))


def megabytes(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def timed(work):
    began = time.perf_counter()
    outcome = work()
    return time.perf_counter() - began, outcome


def prompts(count):
    from labeling.prompts.models import Owner, Prompt, Source

    source = Source.objects.create(name=f"bench {time.time()}")
    owner, _ = Owner.objects.get_or_create(key_hash="b" * 64, defaults={"split": "train"})
    rows = (
        Prompt(
            source=source, external_id=str(n), owner=owner, messages=[{"role": "user", "content": WORDS.format(n) * 3}]
        )
        for n in range(count)
    )
    Prompt.objects.bulk_create(rows, batch_size=5_000)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return source


def endpoint(port, concurrency):
    from labeling.candidates.models import ModelEndpoint

    name = f"bench {time.time()}"
    return ModelEndpoint.objects.create(
        name=name, model_id=name, base_url=f"http://127.0.0.1:{port}/v1", concurrency=concurrency
    )


if __name__ == "__main__":
    sys.exit(main())
