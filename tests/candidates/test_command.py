"""manage.py import_prompts: what it says, and with which exit status."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from labeling.prompts.models import Import, JobState, Owner, Prompt
from labeling.prompts.owners import owner_hash

pytestmark = pytest.mark.django_db


def run(path, *options):
    out, err = io.StringIO(), io.StringIO()
    call_command("import_prompts", str(path), "--source", "questions", *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def write(path, *rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


def test_a_file_of_another_shape_comes_in_through_a_mapping(tmp_path):
    row = {"id": "1", "app": "지도", "prompt": "강?", "reference": "한강", "responses": {"a": "x", "b": ""}}
    path = write(tmp_path / "a.jsonl", row, row | {"id": "2", "prompt": "산?"})
    out, _ = run(path, "--map", "author=app")
    assert out == "2 prompts, 2 references and 4 responses created; 0 prompts already there; 0 rows refused.\n"
    assert Owner.objects.get().key_hash == owner_hash("author:지도")
    out, _ = run(path, "--map", "author=app")
    assert out == "0 prompts, 0 references and 0 responses created; 2 prompts already there; 0 rows refused.\n"


def test_what_is_set_aside_and_what_was_found_is_told(tmp_path):
    texts = ["Name a river.", "name a river", "I am ann@attune.kr."]
    out, _ = run(write(tmp_path / "a.jsonl", *({"id": str(n), "prompt": text} for n, text in enumerate(texts))))
    assert out.splitlines()[1] == (
        "Set aside: 1 with the same text as another, 0 that begin like another, 0 beyond what one owner may have. "
        "Waiting for a decision, as something looks personal: 1."
    )


def test_refused_rows_are_listed_and_not_all_was_done(tmp_path):
    path = write(tmp_path / "a.jsonl", {"prompt": "One"}, *[{"prompt": ""}] * 25)
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match="Not all rows were taken.") as failure:
        call_command("import_prompts", str(path), "--source", "questions", stdout=out, stderr=err)
    assert failure.value.returncode == 1
    assert "1 prompts" in out.getvalue()
    assert err.getvalue().splitlines()[0] == "line 2: The prompt is blank."
    assert err.getvalue().splitlines()[20:] == ["… and 5 more, listed with the import in the admin."]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--map", "writer=app"], "“writer” is none of our keys."),
        (["--map", "author"], "“author” is not of the form our_key=file_key"),
    ],
)
def test_a_wrong_mapping_is_an_error_in_a_sentence(tmp_path, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(write(tmp_path / "a.jsonl", {"prompt": "One"}), *options)
    assert not Import.objects.exists()


def test_a_file_that_is_not_there_or_cannot_be_read_is_an_error_in_a_sentence(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "missing.jsonl")
    with pytest.raises(CommandError, match="The file is empty."):
        run(write(tmp_path / "a.jsonl"))


def test_stopping_it_with_the_keyboard_cancels_the_import(tmp_path, monkeypatch):
    from labeling.candidates.management.commands import import_prompts

    def interrupted(**options):
        raise KeyboardInterrupt

    monkeypatch.setattr(import_prompts, "run_import", interrupted)
    with pytest.raises(CommandError, match="The import is cancelled after line 0."):
        run(write(tmp_path / "a.jsonl", {"prompt": "One"}))
    assert Import.objects.get().state == JobState.CANCELLED
    assert not Prompt.objects.exists()
