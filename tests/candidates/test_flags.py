"""Is exactly that flagged which gives a model away, refuses, or stops short?"""

import pytest

from labeling.candidates.flags import flags

LEAKS = [
    "As an AI model made by OpenAI, I have no hobbies.",
    "As an artificial intelligence language model, I do not eat.",
    "As of my last update in 2021, this is so.",
    "Happy to help! As a large language model, I know many recipes.",
    "Hello! I am ChatGPT.",
    "I am Claude.",
    "I am DeepSeek-V3, an AI assistant.",
    "I am a large language model trained by OpenAI.",
    "I have no body, since I'm an AI.",
    "I was developed by Google.",
    "I was trained by researchers at OpenAI.",
    "I'm Claude, made by Anthropic.",
    "I'm Gemini, a large language model built by Google.",
    "I'm a language model, so I have no opinions.",
    "I'm just an AI, but here goes.",
    "I’m an artificial intelligence.",
    "My knowledge cutoff is September 2021.",
    "My name is Bard.",
    "You are talking to GPT-4.",
    "안녕하세요, 저는 AI 어시스턴트입니다.",
    "인공지능 언어 모델로서 저는 감정이 없습니다.",
    "저는 ChatGPT입니다.",
    "저는 OpenAI가 개발한 인공지능 언어 모델입니다.",
    "저는 챗GPT라고 합니다.",
]
REFUSALS = [
    "I am not comfortable writing that.",
    "I am sorry, but I cannot provide instructions for that.",
    "I apologize, but I cannot fulfill this request.",
    "I can't answer that question.",
    "I cannot and will not help with that.",
    "I cannot assist with that request.",
    "I must decline to answer this.",
    "I'm afraid I can't do that.",
    "I'm not able to provide medical advice.",
    "I'm sorry, but I can't help with that.",
    "It would be inappropriate for me to provide that information.",
    "I’m unable to help you with this.",
    "Sorry, I can't do that.",
    "Unfortunately, I cannot browse the internet.",
    "그 요청에는 응할 수 없습니다.",
    "저는 그런 내용을 작성할 수 없습니다.",
    "죄송하지만 그 내용은 알려드리기 어렵습니다.",
    "죄송하지만, 그 요청은 도와드릴 수 없습니다.",
    "죄송합니다. 해당 질문에는 답변드릴 수 없습니다.",
]
BOTH = [
    "As an AI language model, I cannot browse the internet.",
    "As an AI, I can't give legal advice.",
    "I'm sorry, but as an AI language model, I cannot do that.",
    "인공지능 언어 모델로서 저는 그 질문에 답변할 수 없습니다.",
    "죄송하지만 저는 AI 언어 모델로서 그 내용을 제공할 수 없습니다.",
]
NOTHING = [
    "",
    "   \n",
    "ChatGPT was released by OpenAI in 2022, and I like it.",
    "GPT-3 is a language model trained by OpenAI.",
    "I am a GPT-3 expert.",
    "I am a Gemini and my sister is a Leo.",
    "I am an AI and robotics researcher.",
    "I can't help but wonder.",
    "I can't help laughing when I think of it.",
    "I can't provide for my family any more, he thought.",
    "I cannot recommend this film enough.",
    "I was surprised by what OpenAI had trained.",
    "I was trained by Google to sell adverts.",
    "I will not go gentle into that good night.",
    "I work as an AI assistant's tester, and my boss likes it.",
    "I'm Claude, a baker from Lyon.",
    "I'm a chatbot developer.",
    "I'm sorry for the short notice, but could we meet?",
    "I'm sorry to hear that.",
    "I'm sorry, but I can't make it to your wedding.",
    "I'm sorry, but you came in second.",
    'She was sorry. "I can\'t help you," she said.',
    "The device can serve as an AI model for my class.",
    "Unfortunately, we have decided to go with another candidate.",
    '"I am an AI," said the robot.',
    "“I’m an AI model,” it beeped.",
    "저는 인공지능 연구원입니다.",
    "죄송하지만 그날은 갈 수 없습니다.",
    "죄송합니다. 배송이 늦어 불편을 드렸습니다.",
    "챗GPT는 OpenAI가 개발한 언어 모델입니다.",
]


@pytest.mark.parametrize("text", LEAKS)
def test_what_a_text_says_of_itself_gives_it_away(text):
    assert flags(text) == ["leak"]
    assert flags(f"Here are three rivers.\n\n{text}\nThe Rhine.") == ["leak"]


@pytest.mark.parametrize("text", REFUSALS)
def test_an_answer_that_begins_by_declining_is_a_refusal(text):
    assert flags(text) == ["refusal"]
    assert flags(f"\n  {text}\nAsk me something else.") == ["refusal"]


@pytest.mark.parametrize("text", BOTH)
def test_an_answer_that_declines_because_of_what_it_is_has_both_flags(text):
    assert flags(text) == ["leak", "refusal"]


@pytest.mark.parametrize("text", NOTHING)
def test_texts_about_models_and_people_who_are_sorry_have_no_flag(text):
    assert flags(text) == []


def test_a_refusal_that_comes_later_is_told_and_not_made():
    assert flags("The robot rolled in and spoke. " * 20 + "I'm sorry, but I can't help with that.") == []


@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS"])
def test_an_answer_that_ran_out_of_tokens_is_cut_short(reason):
    assert flags("The Rhine, the", finish_reason=reason) == ["truncated"]


@pytest.mark.parametrize("reason", ["stop", "", None, "content_filter"])
def test_an_answer_that_ended_by_itself_is_not_cut_short(reason):
    assert flags("The Rhine.", finish_reason=reason) == []


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("This is llama-3-8b speaking.", "llama-3-8b", ["leak"]),
        ("This is Llama-3-8B speaking.", "org/llama-3-8b", ["leak"]),
        ("This is llama-3-8b-instruct speaking.", "llama-3-8b", []),
        ("All your base are belong to us.", "base", []),
        ("Hello, I am base.", "base", ["leak"]),
        ("Interest rates fell by 175b.", "175b", []),
        ("The Rhine.", "", []),
    ],
)
def test_the_model_s_own_name_gives_it_away_where_it_can_be_nothing_else(text, name, found):
    assert flags(text, names=[name]) == found


def test_several_names_are_looked_for_as_they_are_written():
    assert flags("Signed, model.v1 (beta)", names=["x1y2z", "model.v1 (beta)"]) == ["leak"]
    assert flags("Signed, modelxv1 (beta)", names=["x1y2z", "model.v1 (beta)"]) == []


@pytest.mark.parametrize(
    "unit", ["I am an AI as an AI I'm a large ", "as a large AI ", "저는 정말 언어 모 ", " ", "I was trained and "]
)
def test_a_megabyte_of_what_almost_matches_is_read_to_its_end(unit):
    assert flags(unit * (1_000_000 // len(unit)) + "\nMy knowledge cutoff is 2021.") == ["leak"]
