"""Does the demo's own file hold what a visitor of the demo is promised?"""

import json
import re
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "labeling" / "demo" / "data" / "prompts.jsonl"

KEYS = {"id", "author", "origin", "use_case", "tags", "language", "split", "prompt", "reference", "responses"}
OPTIONAL = {"split", "reference"}
MODELS = ["gpt-175b", "sft-175b", "ppo-175b", "ppo-ptx-175b"]
# Ouyang et al. 2022, table 1.
USE_CASES = {
    "generation", "open_qa", "brainstorming", "chat", "rewrite",
    "summarization", "classification", "other", "closed_qa", "extract",
}  # fmt: skip
# Table 7 there, as far as the demo uses it.
TAGS = {
    "ambiguous", "sensitive_content", "closed_domain", "continuation_style", "requests_advice",
    "contains_explicit_constraints",
}  # fmt: skip


def lines():
    return FILE.read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def rows():
    return [json.loads(line) for line in lines()]


def last_words(row):
    """The text that the answer answers: the prompt, or the last turn of a chat."""
    return row["prompt"] if isinstance(row["prompt"], str) else row["prompt"][-1]["content"]


def texts(row):
    return [response["text"] for response in row["responses"]]


def chats(rows):
    return [row for row in rows if isinstance(row["prompt"], list)]


def reports(rows):
    """Prompts that bring a pupil's report and ask for feedback, each with the words of the report alone."""
    for row in rows:
        request, _, report = last_words(row).partition("\n\n")
        if re.search(r"report.*feedback|feedback.*report|보고서.*피드백", request, re.S):
            yield row, report.split()


def hangul_share(text):
    letters = [character for character in text if character.isalpha()]
    return sum("가" <= letter <= "힣" for letter in letters) / len(letters)


def test_every_line_is_one_object_with_our_keys_and_no_others(rows):
    for row in rows:
        assert row.keys() | OPTIONAL == KEYS


def test_korean_is_stored_as_korean_and_not_as_escapes():
    assert not any(re.search(r"\\u[0-9a-f]{4}", line) for line in lines())


def test_there_are_at_least_36_prompts_and_every_id_is_its_own(rows):
    assert len(rows) >= 36
    assert len({row["id"] for row in rows}) == len(rows)


def test_all_ten_use_cases_of_the_paper_occur(rows):
    assert {row["use_case"] for row in rows} == USE_CASES


def test_generation_is_the_commonest_use_case_as_in_the_paper(rows):
    assert Counter(row["use_case"] for row in rows).most_common(1)[0][0] == "generation"


def test_all_four_origins_occur_and_the_few_shot_prompt_holds_solved_examples(rows):
    assert {row["origin"] for row in rows} == {"customer", "plain", "few_shot", "user_based"}
    few_shot = next(row for row in rows if row["origin"] == "few_shot")
    assert last_words(few_shot).count("Message:") >= 3


def test_tags_come_from_the_papers_list_and_each_is_used(rows):
    assert {tag for row in rows for tag in row["tags"]} == TAGS


def test_every_prompt_has_one_response_of_each_of_the_four_models(rows):
    for row in rows:
        assert [response["model"] for response in row["responses"]] == MODELS


def test_every_response_says_how_it_was_sampled(rows):
    for row in rows:
        for response in row["responses"]:
            assert response["sampling"].keys() == {"temperature", "max_tokens"}


def test_no_two_answers_to_a_prompt_are_the_same(rows):
    for row in rows:
        answers = [" ".join(text.split()) for text in [*texts(row), row.get("reference", "the reference")]]
        assert len(set(answers)) == len(answers), row["id"]


def test_exactly_one_response_is_empty_and_it_is_gpts(rows):
    empty = [response["model"] for row in rows for response in row["responses"] if not response["text"].strip()]
    assert empty == ["gpt-175b"]


def test_exactly_one_response_is_very_long_and_it_is_gpts(rows):
    long = [response["model"] for row in rows for response in row["responses"] if len(response["text"]) >= 2500]
    assert long == ["gpt-175b"]


def test_at_least_ten_prompts_have_a_human_answer(rows):
    assert sum(bool(row.get("reference", "").strip()) for row in rows) >= 10


def test_at_least_six_prompts_are_korean_and_so_are_their_answers(rows):
    korean = [row for row in rows if row["language"] == "ko"]
    assert len(korean) >= 6
    for row in korean:
        assert all(hangul_share(text) > 0.9 for text in [last_words(row), *texts(row)])


def test_everything_else_is_english_without_a_korean_letter(rows):
    others = [row for row in rows if row["language"] != "ko"]
    assert {row["language"] for row in others} == {"en"}
    assert not any(re.search("[가-힣]", json.dumps(row, ensure_ascii=False)) for row in others)


def test_at_least_five_pupils_reports_ask_for_feedback_two_of_them_in_korean(rows):
    languages = Counter(row["language"] for row, _ in reports(rows))
    assert languages.total() >= 5
    assert languages["ko"] >= 2


def test_every_report_is_150_to_400_words_long(rows):
    for row, words in reports(rows):
        assert 150 <= len(words) <= 400, row["id"]


def test_at_least_four_prompts_are_chats_that_alternate_and_end_with_the_user(rows):
    assert len(chats(rows)) >= 4
    for row in chats(rows):
        roles = [turn["role"] for turn in row["prompt"]]
        assert len(roles) >= 3
        assert roles[0] == roles[-1] == "user"
        assert all(first != second for first, second in pairwise(roles))


def test_no_prompt_and_no_turn_is_empty(rows):
    for row in rows:
        turns = [row["prompt"]] if isinstance(row["prompt"], str) else [t["content"] for t in row["prompt"]]
        assert all(turn.strip() for turn in turns)


def test_at_least_five_prompts_are_answered_with_code_in_four_languages(rows):
    fences = [set(re.findall(r"^```(\w+)$", "\n".join(texts(row)), re.M)) for row in rows]
    assert sum(bool(fence) for fence in fences) >= 5
    assert set().union(*fences) >= {"python", "sql", "js", "bash"}


@pytest.mark.parametrize(
    "mark",
    [r"^\| --- ", r"^- \w", r"^1\. ", r"^#{2,3} ", r"\*\*\w"],
    ids=["a table", "a list", "a numbered list", "a heading", "strong words"],
)
def test_markdown_occurs_in_several_answers(rows, mark):
    assert sum(bool(re.search(mark, text, re.M)) for row in rows for text in texts(row)) >= 4


def test_one_prompt_has_mathematics_in_latex(rows):
    assert any("$n-1$" in last_words(row) and r"\bar x" in row["responses"][3]["text"] for row in rows)


def test_about_fourteen_owners_have_several_prompts_each(rows):
    prompts_of = Counter(row["author"] for row in rows)
    assert 12 <= len(prompts_of) <= 16
    assert min(prompts_of.values()) >= 2


def test_no_owner_stands_on_two_sides_of_the_split(rows):
    splits_of = defaultdict(set)
    for row in rows:
        if "split" in row:
            splits_of[row["author"]].add(row["split"])
    assert all(len(splits) == 1 for splits in splits_of.values())
    assert set().union(*splits_of.values()) == {"train", "valid", "test"}


def test_no_two_prompts_begin_alike_so_that_none_is_taken_for_a_duplicate(rows):
    beginnings = [json.dumps(row["prompt"], ensure_ascii=False)[:60] for row in rows]
    assert len(set(beginnings)) == len(beginnings)


def test_nothing_looks_like_an_address_a_link_or_a_telephone_number():
    assert not re.search(r"\w@\w|https?:|www\.|\+\d{2}|\d{2,4}-\d{3,4}-\d{4}", "\n".join(lines()))
