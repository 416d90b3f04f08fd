"""What a row becomes, and the sentence for each that cannot become a prompt."""

import pytest

from labeling.prompts.mapping import check, from_options, suggested
from labeling.prompts.refusals import Refused, WrongMapping
from labeling.prompts.rows import incoming

CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Hi"},
    {"role": "user", "content": "Bye"},
]


def why(mapping=None, **values):
    with pytest.raises(Refused) as refusal:
        incoming({"prompt": "Name a river."} | values, mapping or {})
    return str(refusal.value)


def test_a_text_becomes_one_message_of_the_user():
    row = incoming({"prompt": "강 이름을 말해 줘"}, {}, line=4)
    assert (row.messages, row.is_text, row.origin, row.line) == (
        [{"role": "user", "content": "강 이름을 말해 줘"}],
        True,
        "customer",
        4,
    )


def test_a_chat_stays_as_it_is():
    row = incoming({"prompt": CHAT}, {})
    assert (row.messages, row.is_text) == (CHAT, False)


def test_everything_that_a_file_may_say_is_kept():
    row = incoming(
        {
            "prompt": "Name a river.",
            "id": 12,
            "author": "kim",
            "origin": "few_shot",
            "use_case": "open_qa",
            "tags": ["water"],
            "split": "valid",
            "language": "ko",
            "meta": {"page": 3},
            "topic": "geography",
        },
        {},
    )
    assert (row.external_id, row.author, row.origin, row.use_case) == ("12", "kim", "few_shot", "open_qa")
    assert (row.tags, row.split, row.language) == (["water"], "valid", "ko")
    assert row.meta == {"topic": "geography", "page": 3}


def test_a_prompt_without_an_id_is_known_by_its_text():
    one, same, other = (incoming({"prompt": text}, {}).external_id for text in ("One", "One", "Other"))
    assert one == same
    assert one.startswith("sha256:")
    assert one != other


def test_an_instruction_without_an_id_is_known_by_its_examples_too():
    def row(response, **more):
        examples = [{"query": "I love it", "response": response}]
        return incoming({"prompt": "Name the mood.", "meta": {"examples": examples}, **more}, {})

    assert row("good", origin="few_shot").external_id != row("fine", origin="few_shot").external_id
    assert row("good").external_id == row("fine").external_id


def test_responses_come_as_an_object_or_as_a_list():
    listed = [
        {"model": "sft", "text": "Han", "sampling": {"temperature": 1}, "seed": 5},
        {"model": "sft", "text": "Nile", "meta": {"x": 1}},
        {"model": "ppo", "text": ""},
    ]
    assert [tuple(answer) for answer in incoming({"prompt": "x", "responses": {"sft": "Han"}}, {}).answers] == [
        ("sft", 0, "Han", {}, {})
    ]
    assert [tuple(answer) for answer in incoming({"prompt": "x", "responses": listed}, {}).answers] == [
        ("sft", 0, "Han", {"temperature": 1}, {"seed": 5}),
        ("sft", 1, "Nile", {}, {"x": 1}),
        ("ppo", 0, "", {}, {}),
    ]


def test_a_reference_is_an_answer_without_a_model():
    assert [tuple(answer) for answer in incoming({"prompt": "x", "reference": "Han"}, {}).answers] == [
        ("", 0, "Han", {}, {})
    ]


def test_cells_of_csv_may_hold_json():
    row = incoming(
        {"prompt": '[{"role": 1}]', "tags": '["a", "b"]', "responses": '{"sft": "Han"}', "meta": '{"n": 1}'},
        {},
        cells=True,
    )
    assert (row.messages[0]["content"], row.tags, row.meta) == ('[{"role": 1}]', ["a", "b"], {"n": 1})
    assert row.answers[0].text == "Han"


def test_tags_of_csv_may_also_be_separated_by_commas():
    assert incoming({"prompt": "x", "tags": "a, b,"}, {}, cells=True).tags == ["a", "b"]


def test_a_cell_with_broken_json_is_refused():
    with pytest.raises(Refused, match="The cell “responses” is not valid JSON"):
        incoming({"prompt": "x", "responses": '{"sft": '}, {}, cells=True)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"prompt": None}, "The row has no prompt."),
        ({"prompt": " \n"}, "The prompt is blank."),
        ({"prompt": 5}, "The prompt must be a text or a list of chat messages."),
        ({"prompt": []}, "The last message of the prompt must be the user's."),
        ({"prompt": CHAT[:3]}, "The last message of the prompt must be the user's."),
        ({"prompt": [{"role": "user", "content": " "}]}, "The last message of the prompt is blank."),
        (
            {"prompt": ["Hello"]},
            "Message 1 must be an object with the keys role and content, and no others.",
        ),
        (
            {"prompt": [{"role": "user", "content": "x", "name": "Kim"}]},
            "Message 1 must be an object with the keys role and content, and no others.",
        ),
        (
            {"prompt": [{"role": "tool", "content": "x"}]},
            "The role of message 1 must be system, user or assistant.",
        ),
        ({"prompt": [{"role": "user", "content": ["x"]}]}, "The content of message 1 must be a text."),
        ({"id": "x" * 201}, "The id is longer than 200 characters."),
        ({"id": 1.5}, "The id must be a text or a whole number."),
        ({"author": True}, "The author must be a text or a whole number."),
        ({"split": "dev"}, "The split must be one of: train, valid, test."),
        (
            {"origin": "customers"},
            "The origin must be one of: customer, plain, few_shot, user_based.",
        ),
        ({"language": "Korean language"}, "The language must be a code such as en, ko or pt-BR."),
        ({"tags": "water"}, "The tags must be a list of texts."),
        ({"tags": ["x" * 61]}, "A tag is longer than 60 characters."),
        ({"meta": "x"}, "The meta must be an object."),
        ({"reference": ["Han"]}, "The reference must be a text."),
        ({"responses": "Han"}, "The responses must be an object, model → text, or a list of {model, text}."),
        ({"responses": {"sft": None}}, "The response of “sft” must be a text."),
        ({"responses": {" ": "Han"}}, "A response does not say its model."),
        ({"responses": [{"text": "Han"}]}, "A response does not say its model."),
        (
            {"responses": ["Han"]},
            "Each of the responses must be an object with the keys model and text.",
        ),
        (
            {"responses": [{"model": "sft", "text": "Han", "sampling": 1}]},
            "The sampling of a response must be an object.",
        ),
        ({"responses": {"x" * 101: "Han"}}, "The name of a model is longer than 100 characters."),
        ({"responses": {"sft": "Han", "sft ": "Nile"}}, "Two names in the responses are of the same model."),
    ],
)
def test_a_row_is_refused_with_a_sentence(values, sentence):
    assert why(**values) == sentence


def test_an_unknown_use_case_is_refused_naming_the_known_ones():
    assert why(use_case="haiku").startswith("The use_case must be one of: generation, open_qa, brainstorming")


def test_a_mapping_fills_our_keys_from_the_files():
    row = incoming({"instruction": "Name a river.", "app": "Maps", "prompt": "old"}, check(
        {"instruction": "prompt", "app": "author"}
    ))  # fmt: skip
    assert (row.messages[0]["content"], row.author, row.meta) == ("Name a river.", "Maps", {"prompt": "old"})


TOPIC_AND_REPORT = {"주제": "prompt", "Report": "prompt", "Feedback": "reference"}


def test_a_prompt_is_put_together_from_several_keys_in_the_order_of_the_file():
    values = {"Report": "They turn red.", "Grade": "5", "주제": "단풍", "Feedback": "Say why."}
    row = incoming(values, check(TOPIC_AND_REPORT), cells=True)
    assert row.messages == [{"role": "user", "content": "Report: They turn red.\n\n주제: 단풍"}]
    assert ([answer.text for answer in row.answers], row.meta, row.is_text) == (["Say why."], {"Grade": "5"}, True)


def test_a_part_of_a_prompt_that_is_blank_is_left_out_and_the_others_keep_their_names():
    row = incoming({"주제": " ", "Report": "They turn red."}, TOPIC_AND_REPORT)
    assert row.messages[0]["content"] == "Report: They turn red."
    assert why(TOPIC_AND_REPORT, 주제=" ", Report="") == "The prompt is blank."


def test_messages_are_no_part_of_a_prompt():
    sentence = "The prompt is put together from several keys, so “Report” must be a text."
    assert why(TOPIC_AND_REPORT, 주제="단풍", Report=[{"role": "user", "content": "Why?"}]) == sentence


def test_an_organization_is_never_kept_in_meta():
    row = incoming({"prompt": "x", "organization": "Acme", "org": "Umbrella"}, {"org": "organization"})
    assert (row.organization, row.meta) == ("Umbrella", {})


def test_an_author_is_never_kept_in_meta():
    row = incoming({"prompt": "x", "author": "kim", "app": "Maps"}, {"app": "author"})
    assert (row.author, row.meta) == ("Maps", {})


def test_the_commands_mapping_names_our_key_first():
    assert from_options(["author=app", "prompt=text"]) == {"app": "author", "text": "prompt"}
    assert from_options(["prompt=topic", "prompt=report"]) == {"topic": "prompt", "report": "prompt"}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: check({"app": "writer"}), "“writer” is none of our keys. They are: prompt, id, author"),
        (lambda: check({"a": "author", "b": "author"}), "Two keys of the file are mapped to “author”."),
        (lambda: check(["prompt"]), "The mapping must be a JSON object"),
        (lambda: from_options(["author"]), "“author” is not of the form our_key=file_key"),
    ],
)
def test_a_wrong_mapping_is_refused_in_a_sentence(wrong, sentence):
    with pytest.raises(WrongMapping, match=sentence):
        wrong()


def test_a_mapping_is_suggested_for_what_others_call_otherwise():
    assert suggested(["Prompt", "user_id", "output", "prompt_id"]) == {
        "Prompt": "prompt",
        "prompt_id": "id",
        "user_id": "author",
        "output": "reference",
    }
    assert suggested(["id", "prompt", "responses"]) == {}
