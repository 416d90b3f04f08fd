"""The page "Import a file", and what follows it."""

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from labeling.candidates import uploads
from labeling.candidates.importing import cancel_import, run_import
from labeling.prompts.models import Import, JobState, Prompt, RefusedRow
from tests.candidates.files import imported, jsonl, requested
from tests.factories import SourceFactory

pytestmark = pytest.mark.django_db

ADD, PREVIEW = "/admin/prompts/import/add/", "/admin/prompts/import/add/preview/"


def upload(client, content, filename="prompts.jsonl", source="questions"):
    return client.post(ADD, {"file": SimpleUploadedFile(filename, content), "source": source})


def page_of(job):
    return reverse("admin:prompts_import_change", args=[job.pk])


def test_the_page_is_reached_from_the_index(rita, client_of):
    assert f'href="{ADD}"' in client_of(rita).get("/admin/").content.decode()


def test_a_file_is_chosen_looked_at_and_imported(rita, client_of):
    client = client_of(rita)
    content = jsonl({"instruction": "강 이름을 말해 줘", "app": "Kim", "topic": "물"}, {"instruction": " "}).getvalue()
    assert upload(client, content).url == PREVIEW
    page = client.get(PREVIEW).content.decode()
    assert "강 이름을 말해 줘" in page
    assert "The prompt is blank." in page
    assert re.findall(r'<option value="(\w+)" selected>', page) == ["prompt", "author"]
    assert not Prompt.objects.exists()
    answer = client.post(PREVIEW, {"key-0": "prompt", "key-1": "author", "key-2": "", "run": "Import"})
    job = Import.objects.get()
    assert answer.url == page_of(job)
    assert (job.source.name, job.requested_by, job.state) == ("questions", rita, JobState.QUEUED)
    run_import(import_id=job.pk)
    assert (Prompt.objects.get().meta, RefusedRow.objects.get().line) == ({"topic": "물"}, 2)
    assert client.get(PREVIEW).url == ADD  # the file is not kept twice


def test_another_mapping_is_tried_before_anything_is_stored(rita, client_of):
    client = client_of(rita)
    upload(client, jsonl({"instruction": "Ask this", "input": "Not that"}).getvalue())
    assert client.post(PREVIEW, {"key-0": "", "key-1": "prompt", "preview": "Preview again"}).url == PREVIEW
    shown = client.get(PREVIEW).context["preview"]
    assert (shown.mapping, shown.rows[0].messages[0]["content"]) == ({"input": "prompt"}, "Not that")
    answer = client.post(PREVIEW, {"key-0": "author", "key-1": "author", "run": "Import"})
    assert answer.status_code == 422
    assert "Two keys of the file are mapped to “author”." in answer.content.decode()
    assert not Import.objects.exists()


def test_columns_are_put_together_to_one_prompt_and_shown_so_before_anything_is_stored(rita, client_of):
    client = client_of(rita)
    upload(client, "\ufeff주제,보고서,피드백\r\n단풍,잎이 붉어진다.,이유도 쓰자.\r\n".encode(), "feedback.csv")
    client.post(PREVIEW, {"key-0": "prompt", "key-1": "prompt", "key-2": "reference", "preview": "Preview again"})
    [row] = client.get(PREVIEW).context["preview"].rows
    assert row.messages[0]["content"] == "주제: 단풍\n\n보고서: 잎이 붉어진다."
    assert [answer.text for answer in row.answers] == ["이유도 쓰자."]


@pytest.mark.parametrize(
    ("content", "filename", "sentence"),
    [
        (b"\0\1\2\3\0\0", "a.jsonl", "It is a binary file, not JSONL or CSV."),
        ("한글\n".encode("cp949"), "a.csv", "It is not in UTF-8. It may be in CP949 (EUC-KR)."),
        (b"<html><body>", "a.csv", "It is a web page or XML, not JSONL or CSV."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_on_the_first_page(rita, client_of, content, filename, sentence):
    answer = upload(client_of(rita), content, filename)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_csv_without_prompts_is_refused_when_it_is_to_be_run(rita, client_of):
    client = client_of(rita)
    upload(client, b"id,words\n1,x\n", "a.csv")
    assert "No key of the file is the prompt." in client.get(PREVIEW).content.decode()
    page = client.post(PREVIEW, {"key-0": "", "key-1": "", "run": "Import"}, follow=True).content.decode()
    assert "No column of the file is the prompt. It has: id, words." in page
    assert not Import.objects.exists()


def test_a_file_that_was_only_looked_at_is_forgotten(rita, client_of, monkeypatch):
    from datetime import timedelta

    from django.core.files.storage import default_storage

    client = client_of(rita)
    upload(client, jsonl({"prompt": "One"}).getvalue())
    stored = client.session[uploads.SESSION_KEY]["stored"]
    uploads.forget_old()
    assert default_storage.exists(stored)
    monkeypatch.setattr(uploads, "KEPT", timedelta(0))
    uploads.forget_old()
    assert not default_storage.exists(stored)
    assert client.get(PREVIEW).url == ADD


def test_progress_is_asked_for_again_until_the_import_is_over(rita, client_of):
    client = client_of(rita)
    job = requested({"prompt": "One"}, {"prompt": " "})
    page = client.get(page_of(job)).content.decode()
    assert 'hx-trigger="every 1s"' in page
    assert 'id="cancel"' in page
    run_import(import_id=job.pk)
    part = client.get(page_of(job), {"lines": "0", "at": "1.5"}, headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith('<div id="live"')
    assert "hx-trigger" not in part
    assert "The import is done." in part
    assert "The prompt is blank." in part


@pytest.mark.parametrize(
    "asked", [{}, {"lines": "x", "at": "y"}, {"lines": "5", "at": "nan"}, {"lines": "5", "at": "9e99"}]
)
def test_no_address_of_the_fragment_breaks_it(rita, client_of, asked):
    assert client_of(rita).get(page_of(imported({"prompt": "One"})), asked).status_code == 200


def test_an_import_is_cancelled_and_resumed_from_its_page(rita, client_of):
    client = client_of(rita)
    job = requested({"prompt": "One"})
    page = client.post(reverse("admin:prompts_import_cancel", args=[job.pk]), follow=True).content.decode()
    assert "The import is cancelled." in page
    assert 'id="resume"' in page
    client.post(reverse("admin:prompts_import_resume", args=[job.pk]))
    job.refresh_from_db()
    assert (job.state, job.finished_at) == (JobState.QUEUED, None)
    assert client.get(reverse("admin:prompts_import_cancel", args=[job.pk])).status_code == 405


def test_what_stopped_so_long_ago_that_its_file_is_gone_is_imported_anew(rita, client_of):
    job = requested({"prompt": "One"})
    cancel_import(import_id=job.pk)
    Import.objects.update(file="")
    page = client_of(rita).get(page_of(job)).content.decode()
    assert "This one is no longer there: import it anew." in page
    assert 'id="resume"' not in page


def test_refused_rows_are_downloaded_with_no_formula_among_them(rita, client_of):
    job = imported({"prompt": "One"}, {"prompt": "", "id": "=1+1"})
    RefusedRow.objects.create(of_import=job, line=9, reason="x", excerpt="=HYPERLINK(1)")
    answer = client_of(rita).get(reverse("admin:prompts_import_refused", args=[job.pk]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["line", "reason", "excerpt"],
        ["2", "The prompt is blank.", '{"prompt":"","id":"=1+1"}'],
        ["9", "x", "'=HYPERLINK(1)"],
    ]


@pytest.mark.parametrize("person", ["charlie", "ann", "eve"])
def test_only_researchers_and_admins_import(request, client_of, person):
    client = client_of(request.getfixturevalue(person))
    job = requested({"prompt": "One"})
    addresses = [ADD, PREVIEW, page_of(job)]
    addresses += [reverse(f"admin:prompts_import_{name}", args=[job.pk]) for name in ("cancel", "resume", "refused")]
    for address in addresses:
        assert "/login/" in client.get(address).url
        assert "/login/" in client.post(address).url
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_staff_without_the_role_may_not_import(charlie, client_of):
    charlie.is_staff = True
    charlie.save()
    job = requested({"prompt": "One"})
    client = client_of(charlie)
    assert client.get(ADD).status_code == 403
    assert client.get(reverse("admin:prompts_import_change", args=[job.pk])).status_code == 403
    assert client.post(reverse("admin:prompts_import_cancel", args=[job.pk])).status_code == 403
    assert client.get(reverse("admin:prompts_import_refused", args=[job.pk])).status_code == 403


def test_an_import_that_is_not_there_leads_home(rita, client_of):
    client = client_of(rita)
    assert client.get("/admin/prompts/import/12345/change/").status_code == 302
    assert client.get("/admin/prompts/import/x/change/").status_code == 302


def test_a_source_with_a_blank_name_is_refused(rita, client_of):
    SourceFactory(name="so far")
    answer = upload(client_of(rita), jsonl({"prompt": "One"}).getvalue(), source=" ")
    assert answer.status_code == 422
    assert "so far" in answer.content.decode()


def test_an_import_tells_what_it_set_aside_and_what_it_found(rita, client_of):
    job = imported(
        {"id": "1", "prompt": "I am ann@attune.kr."}, {"id": "2", "prompt": "i am ann@attune.kr"}, {"prompt": "One"}
    )
    page = client_of(rita).get(page_of(job)).content.decode()
    assert "<tbody><tr><td>1</td><td>0</td><td>0</td><td>2</td><td>2</td></tr></tbody>" in page
    assert '<tr><th scope="row">e-mail address</th><td>2</td><td>2</td></tr>' in page
    listed = client_of(rita).get("/admin/prompts/prompt/", {"from_import__id__exact": job.pk, "set_aside": "yes"})
    assert [prompt.external_id for prompt in listed.context["cl"].result_list] == ["2"]
