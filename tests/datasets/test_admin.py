"""Can researchers choose, watch and fetch datasets, and nobody else?"""

import re

import pytest
from django.urls import reverse

from labeling.datasets import freezing
from labeling.datasets.models import DatasetVersion, File
from tests.datasets.conftest import really
from tests.factories.labels import rank

CHOOSE = "/admin/datasets/datasetversion/add/"
LIST = "/admin/datasets/datasetversion/"


@pytest.fixture
def version(project):
    made = DatasetVersion.objects.create(kind="comparisons", format="grouped", choice_hash="c" * 64, number=1)
    made.projects.add(project)
    return made


def text_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.django_db
def test_a_choice_is_previewed_before_it_is_frozen(rita, ann, project, task_of, client_of):
    rank(task_of(project), ann, "B > A=C > D")

    response = client_of(rita).get(
        CHOOSE, {"projects": project.pk, "format": "comparisons/grouped", "cohort": "training"}
    )

    assert response.status_code == 200
    assert "What 1 labeler said" in text_of(response)
    assert "train 1 5 1 All 1 5 1" in text_of(response)
    assert not DatasetVersion.objects.exists()


@pytest.mark.django_db
def test_a_choice_of_nothing_offers_no_button_to_freeze(rita, project, client_of):
    response = client_of(rita).get(CHOOSE, {"projects": project.pk, "format": "comparisons/trl"})

    assert "There is nothing to freeze: nothing fits the choice." in text_of(response)
    assert "Freeze" not in re.findall(r'type="submit"[^>]* value="(\w+)"', response.content.decode())


@pytest.mark.django_db
def test_a_choice_that_makes_no_sense_is_refused_in_a_sentence(rita, project, client_of):
    response = client_of(rita).get(
        CHOOSE, {"projects": project.pk, "format": "comparisons/trl", "since": "2026-02-01", "until": "2026-01-01"}
    )

    assert "“since” must lie before “until”." in text_of(response)


@really
def test_from_the_choice_to_the_downloaded_file(rita, ann, project, task_of, client_of, data_directory):
    rank(task_of(project), ann, "B > A=C > D")
    client = client_of(rita)

    asked = client.post(CHOOSE, {"projects": project.pk, "format": "comparisons/grouped", "cohort": "training"})
    version = DatasetVersion.objects.get()
    page = reverse("admin:datasets_datasetversion_change", args=[version.pk])
    waiting = client.get(page)
    freezing.freeze(version_id=version.pk)
    done = client.get(page, headers={"HX-Request": "true"})
    file = version.files.get()
    fetched = client.get(f"/admin/datasets/datasetversion/{version.pk}/files/train.jsonl.gz")
    manifest = client.get(f"/admin/datasets/datasetversion/{version.pk}/manifest/")

    assert (asked.status_code, asked["Location"]) == (302, page)
    assert (version.requested_by, version.filters) == (rita, {"cohort": "training"})
    assert "Waiting for a worker." in text_of(waiting)
    assert 'hx-trigger="every 1s"' in waiting.content.decode()
    assert "hx-get" not in done.content.decode()
    assert "<html" not in done.content.decode()
    assert f"train.jsonl.gz 1 {file.bytes} {file.sha256}" in text_of(done)
    assert b"".join(fetched) == (data_directory / file.path).read_bytes()
    assert b"".join(manifest) == (data_directory / "datasets" / str(version.pk) / "manifest.json").read_bytes()


@really
def test_a_failed_version_shows_why_and_is_tried_again_with_one_button(rita, project, version, client_of):
    freezing.freeze(version_id=version.pk)
    client = client_of(rita)

    shown = client.get(f"{LIST}{version.pk}/change/")
    client.post(f"{LIST}{version.pk}/retry/")

    version.refresh_from_db()
    assert "There is nothing to freeze: no rankings fit the choice." in text_of(shown)
    assert (version.state, version.error) == ("freezing", "")


@really
def test_a_version_that_is_being_frozen_is_cancelled_with_one_button(rita, version, client_of):
    client = client_of(rita)

    shown = client.get(f"{LIST}{version.pk}/change/").text
    client.post(f"{LIST}{version.pk}/cancel/")
    late = client.post(f"{LIST}{version.pk}/cancel/", follow=True).text

    version.refresh_from_db()
    assert f'action="{LIST}{version.pk}/cancel/"' in shown
    assert (version.state, version.error) == ("failed", "Freezing was cancelled.")
    assert "This version is not being frozen any more." in late
    assert "Try again" in late


@pytest.mark.django_db
def test_the_list_asks_as_many_questions_for_1_version_as_for_3(
    rita, project, version, client_of, django_assert_num_queries
):
    client = client_of(rita)
    client.get(LIST)
    for n in (1, 3):
        while DatasetVersion.objects.count() < n:
            number = DatasetVersion.objects.count() + 1
            DatasetVersion.objects.create(
                kind="comparisons", format="grouped", choice_hash="c" * 64, number=number, requested_by=rita
            ).projects.add(project)
        # Session, user with roles, permissions of the user and the groups; projects of the filter, count, page, theirs.
        with django_assert_num_queries(9):
            assert client.get(LIST).status_code == 200


@pytest.mark.django_db
def test_only_researchers_and_admins_reach_the_pages(version, client_of, ann, hal, charlie, eve, judge, rita, ada):
    File.objects.create(
        version=version, name="x.jsonl.gz", split="train", rows=1, bytes=1, sha256="5" * 64, path="gone"
    )
    pages = [CHOOSE, LIST, "/admin/datasets/file/", f"{LIST}{version.pk}/change/", f"{LIST}{version.pk}/manifest/",
             f"{LIST}{version.pk}/files/x.jsonl.gz"]  # fmt: skip

    for person in (ann, hal, charlie, eve, judge):
        client = client_of(person)
        answers = [client.get(page) for page in pages]
        assert [(one.status_code, one["Location"].split("?")[0]) for one in answers] == [(302, "/admin/login/")] * 6
    for person in (rita, ada):
        client = client_of(person)
        assert [client.head(page).status_code for page in pages] == [200, 200, 200, 200, 404, 200]


@pytest.mark.django_db
def test_a_researcher_changes_and_deletes_nothing(rita, version, client_of):
    client = client_of(rita)

    assert client.post(f"{LIST}{version.pk}/change/", {"format": "trl"}).status_code == 405
    assert client.post(f"{LIST}{version.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{LIST}{version.pk}/retry/").status_code == 405
    assert client.get(f"{LIST}{version.pk}/cancel/").status_code == 405


@pytest.mark.django_db
def test_the_pages_carry_no_inline_script_or_style(rita, version, client_of):
    for page in (CHOOSE, f"{LIST}{version.pk}/change/", LIST):
        html = client_of(rita).get(page).content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)[^>]*>(?!\s*{)", html), page
