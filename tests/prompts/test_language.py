"""In which language a prompt is, as far as it can be guessed."""

import pytest

from labeling.prompts.hygiene import language
from labeling.prompts.hygiene.language import guess
from labeling.prompts.models import Prompt
from tests.candidates.files import imported

SAID = [
    ("Explain in two sentences why the sky is blue.", "en"),
    ("가을에 관한 시를 한 편 써 줘", "ko"),
    ("다음 코드를 설명해 줘: print('hello')", "ko"),
    ("次の文章を要約してください。", "ja"),
    ("写一首关于秋天的诗", "zh"),
    ("Schreibe ein Gedicht über den Herbst", "de"),
    ("Напиши стихотворение об осени", "ru"),
    ("כתוב שיר על הסתיו", "he"),
    ("2 + 2 = ?", ""),
    ("\x07", ""),
]


def user(text):
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize(("text", "code"), SAID)
def test_a_language_is_guessed_or_none_is(text, code):
    assert guess(user(text)) == code


@pytest.mark.parametrize(("text", "code"), [one for one in SAID if one[1] in {"ko", "ja", "zh", "he", ""}])
def test_where_there_is_no_model_the_script_says_it(text, code, monkeypatch):
    monkeypatch.setattr(language, "pycld2", None)
    assert guess(user(text)) == code


def test_what_the_system_and_the_assistant_say_does_not_count():
    rules = [{"role": "system", "content": "You are a helpful assistant that answers in English."}]
    assert guess([*rules, *user("가을에 관한 시를 한 편 써 줘")]) == "ko"


@pytest.mark.django_db
def test_what_a_file_says_stands_and_what_it_leaves_out_is_guessed():
    imported(
        {"id": "said", "prompt": "가을에 관한 시", "language": "en"}, {"id": "guessed", "prompt": "겨울에 관한 시"}
    )
    assert dict(Prompt.objects.values_list("external_id", "language")) == {"said": "en", "guessed": "ko"}
    assert list(Prompt.objects.filter(language_is_guessed=True).values_list("external_id", flat=True)) == ["guessed"]
