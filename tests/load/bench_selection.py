"""Does the page of selection stay quick, and does a test find who is able? `python -m tests.load.bench_selection`

Simulated applicants of known ability take the demo's English test by the verbs that pages use, in a database of its own
that is dropped afterwards. Prints the page at a tenth and at all of them, as a ratio, with its queries and bytes; how
well what was measured follows ability; and how often the interval of the flags holds the truth.
"""

import argparse
import os
import random
import time

import numpy as np

from tests import services

TIMES = 7


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--applicants", type=int, default=300)
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labeling.settings")
    services.pytest_load_initial_conftests()
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment()
    kept = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        run(asked.applicants)
    finally:
        connection.creation.destroy_test_db(kept, verbosity=0)
        teardown_test_environment()


def run(applicants):
    from labeling.demo import loading, screening
    from labeling.people.models import Role, User
    from labeling.screening import selecting

    for name in ("rita", "rolf"):
        loading.make_account(f"{name}@attune.example", name.title(), Role.RESEARCHER, None)
    test = screening.load("en")
    graders = list(User.objects.filter(email__in=screening.RESEARCHERS))
    abilities = {}
    few = seen = None
    for number in range(applicants):
        if number == applicants // 10:
            few = look(test, graders[0])
        code, ability = applicant(test, number, graders)
        abilities[code] = ability
    seen = look(test, graders[0])
    for n, (seconds, queries, size) in ((applicants // 10, few), (applicants, seen)):
        print(f"selection of {n:>4} applicants: {seconds * 1000:6.0f} ms, {queries} queries, {size / 1000:.0f} kB")
    print(f"ten times as many: {seen[0] / few[0]:.1f} times as long")
    rows = selecting.rows(test)
    for criterion in ("flags", "rankings", "demonstrations"):
        measured = [row.cells[criterion].value for row in rows]
        known = [abilities[row.code] for row in rows]
        print(f"{criterion}: rank correlation with ability {spearman(measured, known):.2f}")
    truths = {code: (1 + ability) / 2 for code, ability in abilities.items()}
    cells = {row.code: row.cells["flags"] for row in rows}
    held = np.mean([cells[code].low <= truth <= cells[code].high for code, truth in truths.items()])
    print(f"flags: the 95 % interval holds the truth for {held:.1%} of the applicants")


def applicant(test, number, graders):
    """Take the test; return the code and the ability."""
    from labeling.demo import applicants, loading
    from labeling.people.models import Role, User
    from labeling.screening.models import Attempt

    email = f"applicant{number}@attune.example"
    loading.make_account(email, "", Role.APPLICANT, None)
    chance = random.Random(email)
    ability = chance.random()
    applicants.take_test(test, User.objects.get(email=email), "en", ability, chance, graders)
    if number % 25 == 0:
        print(f"{number} applicants …", flush=True)
    return Attempt.objects.get(applicant__email=email).code, ability


def look(test, researcher):
    """Load the page as a researcher does: (median seconds, queries, bytes)."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    client, address = Client(), reverse("admin:screening_test_selection", args=[test.pk])
    client.force_login(researcher, backend="labeling.people.backends.WithRoles")
    with CaptureQueriesContext(connection) as asked:
        page = client.get(address, {"sort": "-flags"})
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        client.get(address, {"sort": "-flags"})
        taken.append(time.perf_counter() - began)
    return sorted(taken)[TIMES // 2], len(asked), len(page.content)


def spearman(one, other):
    ranks = [np.argsort(np.argsort(values)) for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


if __name__ == "__main__":
    main()
