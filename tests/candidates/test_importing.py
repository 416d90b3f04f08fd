"""What comes of a file: exact counts, nothing twice, nothing lost."""

import gzip
import io
import threading
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.candidates import batches, importing
from labeling.candidates.importing import (
    add_prompts,
    cancel_import,
    preview,
    request_import,
    resume_import,
    run_import,
)
from labeling.candidates.models import ModelEndpoint, Response
from labeling.candidates.tasks import resume_imports
from labeling.prompts.models import Import, JobState, Owner, Prompt, Source
from labeling.prompts.owners import owner_hash, split_of
from labeling.prompts.refusals import NotReadable, Refused, WrongMapping
from tests.candidates.files import counts, imported, jsonl, refusals, requested

pytestmark = pytest.mark.django_db


def test_prompts_references_and_responses_are_stored_and_counted():
    job = imported(
        {"id": "1", "prompt": "Name a river.", "reference": "Han", "responses": {"sft": "Nile", "ppo": ""}},
        {"id": "2", "prompt": "강 이름을 말해 줘", "responses": {"sft": "한강"}, "topic": "물"},
    )
    assert (job.state, counts(job)) == (JobState.DONE, (2, 0, 0, 3))
    korean = Prompt.objects.get(external_id="2")
    assert (korean.messages, korean.meta, korean.from_import) == (
        [{"role": "user", "content": "강 이름을 말해 줘"}],
        {"topic": "물"},
        job,
    )
    assert job.responses.references().get().text == "Han"
    assert set(Response.objects.by_models().values_list("endpoint__name", "text", "is_empty")) == {
        ("sft", "Nile", False),
        ("ppo", "", True),
        ("sft", "한강", False),
    }
    assert set(ModelEndpoint.objects.values_list("name", "role", "base_url")) == {
        ("sft", "other", ""),
        ("ppo", "other", ""),
    }


def test_the_same_file_again_changes_nothing_and_is_counted_as_seen():
    rows = [{"prompt": "No id of mine.", "reference": "x"}, {"id": "2", "prompt": "Two", "responses": {"sft": "a"}}]
    imported(*rows)
    before = list(Prompt.objects.values()), list(Response.objects.values()), Owner.objects.count()
    assert counts(imported(*rows)) == (0, 2, 0, 0)
    assert (list(Prompt.objects.values()), list(Response.objects.values()), Owner.objects.count()) == before


def test_a_seen_prompt_keeps_its_text_and_gets_answers_of_new_models_only():
    imported({"id": "1", "prompt": "Old words", "responses": {"sft": "first"}})
    answers = [{"model": model, "text": text} for model, text in (("sft", "b"), ("sft", "c"), ("ppo", "new"))]
    again = imported({"id": "1", "prompt": "New words", "reference": "a person's", "responses": answers})
    assert counts(again) == (0, 1, 0, 1)
    assert Prompt.objects.get().messages[0]["content"] == "Old words"
    assert set(Response.objects.values_list("endpoint__name", "sample", "text")) == {
        ("sft", 0, "first"),
        ("ppo", 0, "new"),
        (None, 0, "a person's"),
    }


def test_the_same_id_in_two_sources_is_two_prompts():
    imported({"id": "1", "prompt": "One"}, source="here")
    assert counts(imported({"id": "1", "prompt": "One"}, source="there")) == (1, 0, 0, 0)


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_a_second_row_of_one_id_is_seen_if_it_says_the_same_and_refused_if_not(monkeypatch, size):
    monkeypatch.setattr(batches, "ROWS", size)
    job = imported(
        {"id": "1", "prompt": "One", "responses": {"sft": "a"}},
        {"id": "1", "prompt": "One", "responses": {"sft": "b", "ppo": "c"}},
        {"id": "1", "prompt": "Other"},
    )
    assert counts(job) == (1, 1, 1, 2)
    assert refusals(job) == [(3, "The id “1” stands on an earlier line of this file, with another prompt.")]


def test_a_bad_row_never_stops_the_file():
    file = io.BytesIO(
        b'{"prompt": "One"}\n{"prompt": \n{"prompt": " ", "id": "7", "author": "Kim"}\n{"prompt": "Two"}\n'
    )
    job = imported(file)
    assert (job.state, counts(job)) == (JobState.DONE, (2, 0, 2, 0))
    assert [line for line, _ in refusals(job)] == [2, 3]
    assert [row.excerpt for row in job.refused.all()] == ['{"prompt": \n', '{"prompt":" ","id":"7"}']


def test_what_a_refused_row_shows_never_names_its_author():
    file = io.BytesIO(b'{"prompt": "One"}\n{"app": "Kim", "prompt": \n')
    assert imported(file, mapping={"app": "author"}).refused.get().excerpt == ""
    file = io.BytesIO(b"prompt,author\nOne,Kim\nTwo,Kim,more\n")
    assert imported(file, filename="a.csv", source="csv").refused.get().excerpt == ""
    twice = jsonl({"app": "Kim", "author": "Kim", "note": "kept"})
    assert imported(twice, mapping={"app": "author"}, source="both").refused.get().excerpt == '{"note":"kept"}'


def test_csv_brings_the_same_as_jsonl():
    file = io.BytesIO(
        'id,prompt,tags,responses,reference\n1,"줄\n바꿈","[""a""]","{""sft"": ""Han""}",Nile\n2,Two,,,\n'.encode()
    )
    job = imported(file, filename="a.csv")
    assert counts(job) == (2, 0, 0, 1)
    prompt = Prompt.objects.get(external_id="1")
    assert (prompt.messages[0]["content"], prompt.tags, prompt.meta) == ("줄\n바꿈", ["a"], {})


def test_all_prompts_of_an_author_stand_on_one_side():
    rows = [{"prompt": f"Question {number}", "author": f"author {number % 7}"} for number in range(140)]
    imported(*rows)
    assert Owner.objects.count() == 7
    for owner in Owner.objects.all():
        assert (owner.prompts.count(), owner.is_author, owner.split) == (20, True, split_of(owner.key_hash))
    assert set(Owner.objects.values_list("key_hash", flat=True)) == {owner_hash(f"author:author {n}") for n in range(7)}


def test_a_prompt_without_an_author_is_its_own_owner():
    imported({"prompt": "One"}, {"prompt": "Two", "split": "test"})
    assert list(Owner.objects.values_list("is_author", flat=True)) == [False, False]
    assert Prompt.objects.get(messages__0__content="Two").owner.split == "test"


@pytest.mark.parametrize("size", [1, 1000])
def test_the_first_split_given_pins_the_authors_and_a_contradiction_is_refused(monkeypatch, size):
    monkeypatch.setattr(batches, "ROWS", size)
    job = imported(
        {"id": "1", "prompt": "One", "author": "Kim", "split": "test"},
        {"id": "2", "prompt": "Two", "author": "Kim"},
        {"id": "3", "prompt": "Three", "author": "Kim", "split": "train"},
        {"id": "3", "prompt": "Three, on the right side", "author": "Kim", "split": "test"},
    )
    assert counts(job) == (3, 0, 1, 0)
    assert refusals(job) == [
        (3, "The split train contradicts what was said before: this author's prompts belong to test.")
    ]
    assert set(Prompt.objects.values_list("owner__split", flat=True)) == {"test"}


def test_an_author_who_is_there_already_keeps_the_split_across_files():
    imported({"prompt": "One", "author": "Kim", "split": "valid"}, source="here")
    job = imported(
        {"prompt": "Two", "author": "Kim", "split": "train"}, {"prompt": "Three", "author": "Kim"}, source="there"
    )
    assert counts(job) == (1, 0, 1, 0)
    assert Prompt.objects.get(messages__0__content="Three").owner.split == "valid"


def test_a_refused_row_leaves_no_model_behind():
    imported({"prompt": "One", "author": "Kim", "split": "valid"})
    imported({"prompt": "Two", "author": "Kim", "split": "train", "responses": {"never-seen": "x"}})
    assert not ModelEndpoint.objects.exists()


@pytest.mark.parametrize(
    ("content", "filename"),
    [(b"", "a.jsonl"), (b"\0\1\2\3", "a.jsonl"), (b"id,text\n1,x\n", "a.csv"), ("한글\n".encode("cp949"), "a.csv")],
)
def test_a_file_that_cannot_be_taken_leaves_nothing(content, filename):
    with pytest.raises(NotReadable):
        requested(io.BytesIO(content), filename=filename)
    assert not Import.objects.exists()
    assert not Source.objects.exists()


def test_a_csv_without_a_prompt_column_says_which_it_has():
    with pytest.raises(NotReadable, match="No column of the file is the prompt. It has: id, text."):
        requested(io.BytesIO(b"id,text\n1,x\n"), filename="a.csv")


def test_a_wrong_mapping_and_a_missing_source_are_refused():
    with pytest.raises(WrongMapping):
        requested({"prompt": "x"}, mapping={"app": "writer"})
    with pytest.raises(Refused, match="The source needs a name of at most 100 characters."):
        requested({"prompt": "x"}, source=" ")


def test_the_file_goes_when_the_import_is_done():
    job = requested({"prompt": "One", "author": "Kim"})
    stored = job.file.name
    assert default_storage.exists(stored)
    run_import(import_id=job.pk)
    job.refresh_from_db()
    assert (bool(job.file), default_storage.exists(stored)) == (False, False)


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_the_file_of_an_import_that_stopped_goes_after_a_week(state):
    job = requested({"prompt": "One", "author": "Kim"})
    stored, week_ago = job.file.name, timezone.now() - timedelta(days=7)
    Import.objects.update(state=state, finished_at=week_ago + timedelta(minutes=5))
    resume_imports()
    assert default_storage.exists(stored)
    Import.objects.update(finished_at=week_ago)
    resume_imports()
    job.refresh_from_db()
    assert (bool(job.file), default_storage.exists(stored)) == (False, False)
    assert resume_import(import_id=job.pk) is False


def test_the_file_of_an_import_that_waits_stays_however_long():
    job = requested({"prompt": "One"})
    Import.objects.update(requested_at=timezone.now() - timedelta(days=30))
    importing.forget_files()
    assert default_storage.exists(job.file.name)


def test_counts_and_lines_move_with_every_batch(monkeypatch):
    monkeypatch.setattr(batches, "ROWS", 3)
    job = requested(*({"prompt": f"Question {number}"} for number in range(10)))
    seen = []
    run_import(import_id=job.pk, progress=lambda batch: seen.append(_progress(job)))
    assert [(lines, created) for lines, created, _ in seen] == [(3, 3), (6, 6), (9, 9), (10, 10)]
    assert seen[0][2] < seen[1][2] < seen[2][2] < seen[3][2] <= job.bytes_total


def _progress(job):
    job.refresh_from_db()
    return job.lines_done, job.created_count, job.bytes_read


class Stopped(Exception):
    """Stands for a worker that dies between two batches."""


def stop_after(number):
    def progress(batch):
        if batch.last_line >= number:
            raise Stopped

    return progress


def interrupted(monkeypatch, rows=10, after=3):
    """An import whose worker died, and whose lease has passed."""
    monkeypatch.setattr(batches, "ROWS", 3)
    job = requested(*({"prompt": f"Question {number}"} for number in range(rows)))
    with pytest.raises(Stopped):
        run_import(import_id=job.pk, progress=stop_after(after))
    return job


def let_the_lease_pass(job):
    Import.objects.filter(pk=job.pk).update(lease_until="2000-01-01T00:00Z")


def test_another_worker_goes_on_behind_the_last_stored_line(monkeypatch):
    job = interrupted(monkeypatch)
    assert counts(job) == (3, 0, 0, 0)
    assert run_import(import_id=job.pk) is False  # the lease still holds
    let_the_lease_pass(job)
    assert run_import(import_id=job.pk) is True
    assert (counts(job), job.state, job.attempts, job.lines_done) == ((10, 0, 0, 0), JobState.DONE, 2, 10)


def test_a_worker_that_lost_its_lease_stores_nothing_more(monkeypatch):
    job = interrupted(monkeypatch)
    slow = Import.objects.get(pk=job.pk)
    let_the_lease_pass(job)
    run_import(import_id=job.pk)
    with pytest.raises(batches.LeaseLost):
        batches.write(batches.Batch(last_line=99, position=1), slow)
    assert (counts(job), job.lines_done) == ((10, 0, 0, 0), 10)


def test_running_an_import_twice_changes_nothing():
    job = imported({"prompt": "One"})
    assert run_import(import_id=job.pk) is False
    assert counts(job) == (1, 0, 0, 0)


def test_cancelling_stops_at_the_next_batch_and_resuming_goes_on(monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(batches, "ROWS", 3)
    job = requested(*({"prompt": f"Question {number}"} for number in range(10)))
    run_import(import_id=job.pk, progress=lambda batch: cancel_import(import_id=job.pk))
    assert (counts(job), job.state) == ((3, 0, 0, 0), JobState.CANCELLED)
    assert cancel_import(import_id=job.pk) is False
    assert resume_import(import_id=job.pk) is True
    run_import(import_id=job.pk)
    assert (counts(job), job.state, job.lines_done) == ((10, 0, 0, 0), JobState.DONE, 10)
    assert resume_import(import_id=job.pk) is False


def test_a_file_that_breaks_off_later_keeps_what_was_stored_and_says_why(monkeypatch):
    import gzip
    import random

    monkeypatch.setattr(batches, "ROWS", 1000)
    noise = random.Random(1)
    lines = b"".join(b'{"prompt": "%d"}\n' % noise.getrandbits(200) for _ in range(9_000))
    packed = gzip.compress(lines)
    job = imported(io.BytesIO(packed[: len(packed) * 2 // 3]), filename="a.jsonl.gz")
    assert (job.state, job.error) == (
        JobState.FAILED,
        "The file breaks off: it is damaged, or not all of it was sent.",
    )
    assert job.created_count == job.lines_done == Prompt.objects.count() > 0


def test_a_file_that_is_gone_fails_the_import():
    job = requested({"prompt": "One"})
    default_storage.delete(job.file.name)
    run_import(import_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "The file is no longer there. Import it anew.")


def test_the_sweeper_wakes_workers_for_what_waits(monkeypatch):
    from labeling.candidates import tasks

    woken = []
    monkeypatch.setattr(tasks.run_import, "delay", woken.append)
    silent = interrupted(monkeypatch)
    let_the_lease_pass(silent)
    queued = requested({"prompt": "x"})
    imported({"prompt": "y"})
    resume_imports()
    assert sorted(woken) == [silent.pk, queued.pk]


def test_an_import_that_keeps_killing_its_workers_is_given_up_and_can_be_resumed(monkeypatch):
    job = interrupted(monkeypatch)
    Import.objects.update(attempts=importing.MOST_ATTEMPTS)
    resume_imports()
    job.refresh_from_db()
    assert job.state == JobState.RUNNING  # its lease has not passed
    let_the_lease_pass(job)
    resume_imports()
    job.refresh_from_db()
    assert (job.state, job.error) == (
        JobState.FAILED,
        "The import was interrupted 10 times or more; the worker's log says by what.",
    )
    monkeypatch.undo()
    assert resume_import(import_id=job.pk)
    assert run_import(import_id=job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_the_number_of_queries_does_not_grow_with_the_rows():
    def queries(rows, source):
        job = requested(
            *({"prompt": f"Question {n}", "author": str(n % 5), "responses": {"sft": "x"}} for n in range(rows)),
            source=source,
        )
        with CaptureQueriesContext(connection) as captured:
            run_import(import_id=job.pk)
        return len(captured)

    queries(1, "first")  # makes the scratch tables, the model and the owners
    assert queries(7, "few") == queries(700, "many")


def test_a_preview_shows_the_first_rows_and_stores_nothing():
    file = jsonl({"instruction": "One", "app": "Maps"}, {"instruction": " "}, {"instruction": "Three"})
    shown = preview(file=file, filename="a.jsonl")
    assert (shown.keys, shown.mapping) == (["instruction", "app"], {"instruction": "prompt", "app": "author"})
    assert [row.messages[0]["content"] for row in shown.rows] == ["One", "Three"]
    assert shown.refusals == [(2, "The prompt is blank.")]
    assert not shown.lacks_prompts
    assert preview(file=file, filename="a.jsonl", mapping={}).lacks_prompts
    assert not Prompt.objects.exists()


def test_a_preview_holds_few_large_rows_however_small_their_gz(monkeypatch):
    monkeypatch.setattr(importing, "SHOWN", 100)
    rows = ({"id": str(number), "prompt": "x" * 2**20} for number in range(40))
    small = io.BytesIO(gzip.compress(jsonl(*rows).getvalue()))
    assert [row.external_id for row in preview(file=small, filename="a.jsonl.gz").rows] == ["0", "1", "2", "3"]


def test_prompts_can_be_added_without_a_file():
    rows = [{"id": "1", "prompt": "One", "responses": {"sft": "a"}}, {"prompt": ""}, {"id": "1", "prompt": "Two"}]
    created, seen, refused = add_prompts(source_name="rest", rows=rows)
    assert created == [(0, Prompt.objects.get().pk)]
    assert (seen, [index for index, _ in refused]) == ([], [1, 2])
    assert add_prompts(source_name="rest", rows=rows[:1])[1] == created


@pytest.mark.parametrize("value", ["\ud800", "a\0b", 2**70])
def test_what_cannot_be_stored_is_refused_on_that_road_too(value):
    _created, _seen, refused = add_prompts(source_name="rest", rows=[{"prompt": "One", "meta": {"x": value}}])
    assert len(refused) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_import_store_every_row_once(monkeypatch):
    monkeypatch.setattr(batches, "ROWS", 20)
    job = requested(*({"prompt": f"Question {n}", "responses": {"sft": "x"}} for n in range(400)))
    outcomes = together(lambda: run_import(import_id=job.pk), lambda: run_import(import_id=job.pk))
    assert sorted(outcomes) == [False, True]
    assert (counts(job), Prompt.objects.count(), Response.objects.count()) == ((400, 0, 0, 400), 400, 400)


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_rows_at_once_agree_on_every_prompt_and_split(monkeypatch):
    monkeypatch.setattr(batches, "ROWS", 25)
    rows = [
        {"id": str(n), "prompt": f"Question {n}", "author": f"a{n % 40}", "responses": {"m": "x"}} for n in range(500)
    ]
    jobs = [requested(*rows), requested(*reversed(rows))]
    together(*[lambda job=job: run_import(import_id=job.pk) for job in jobs])
    assert [job.state for job in Import.objects.all()] == [JobState.DONE, JobState.DONE]
    created, seen, refused, responses = (sum(column) for column in zip(*map(counts, jobs), strict=True))
    assert (created, seen, refused, responses) == (500, 500, 0, 500)
    assert (Prompt.objects.count(), Owner.objects.count(), Response.objects.count()) == (500, 40, 500)


def together(*calls):
    """Run the calls at once, each with a database connection of its own; return what they return."""
    outcomes, failures = [], []

    def one(call):
        try:
            outcomes.append(call())
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    return outcomes


def test_who_asked_is_kept(rita):
    job = request_import(
        file=jsonl({"prompt": "One"}), filename="a.jsonl", source_name="new", requested_by=rita, wake_worker=False
    )
    assert (job.requested_by, job.source.created_by) == (rita, rita)
