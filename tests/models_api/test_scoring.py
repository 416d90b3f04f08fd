import asyncio

import pytest

from models_api.endpoint import Cause, EndpointError
from models_api.scoring import RewardModel
from tests.models_api.raw import HI, answer, serving

TALK = [*HI, {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Why?"}]


def score(document, protocol, messages=HI, status=200, **options):
    """Return the score that the client finds in this answer, and the request that it sent."""

    async def road():
        async with serving(answer(document, status)) as raw:
            scorer = RewardModel(
                raw.url.removesuffix("/v1"), "rm", protocol=protocol, **({"allowed": raw.allowed} | options)
            )
            try:
                return await scorer.score(messages, "Yes."), raw.heads[0].split(" ")[1], raw.bodies[0]
            finally:
                await scorer.aclose()

    return asyncio.run(road())


def test_our_own_contract_is_a_conversation_and_a_response_in_and_a_score_out():
    assert score({"score": 1.25}, "score") == (1.25, "/score", {"model": "rm", "messages": HI, "response": "Yes."})
    assert score({"score": -2}, "score")[0] == -2.0


def test_vllm_is_asked_for_the_number_before_the_sigmoid():
    body = {
        "model": "rm",
        "messages": [*HI, {"role": "assistant", "content": "Yes."}],
        "use_activation": False,
    }
    classified = {"data": [{"index": 0, "label": "LABEL_0", "probs": [-3.5], "num_classes": 1}]}
    assert score(classified, "vllm_classify") == (-3.5, "/classify", body)
    assert score({"data": [{"index": 0, "data": [0.5]}]}, "vllm_pooling") == (0.5, "/pooling", body)


def test_of_a_reward_for_each_token_the_last_one_counts():
    assert score({"data": [{"data": [[0.1], [0.2], [0.75]]}]}, "vllm_pooling")[0] == 0.75


def test_tei_gets_a_pair_of_texts():
    told = [{"score": 2.5, "label": "LABEL_0"}]
    assert score(told, "tei_predict") == (
        2.5,
        "/predict",
        {"inputs": ["Hi", "Yes."], "raw_scores": True, "truncate": False},
    )
    assert (
        score(told, "tei_predict", TALK)[2]["inputs"][0] == "User: Hi\n\nAssistant: Hello.\n\nUser: Why?\n\nAssistant:"
    )


@pytest.mark.parametrize(
    ("protocol", "document"),
    [
        ("score", {}),
        ("score", {"score": None}),
        ("score", {"score": "1"}),
        ("score", {"score": True}),
        ("score", [1.0]),
        ("score", b'{"score": NaN}'),
        ("score", b'{"score": 1e999}'),
        ("score", b"1.0"),
        ("vllm_classify", {"data": [{"probs": [0.1, 0.9]}]}),
        ("vllm_classify", {"data": []}),
        ("vllm_pooling", {"data": [{"data": []}]}),
        ("vllm_pooling", {"data": [{"data": [[0.1, 0.2]]}]}),
        ("vllm_pooling", {"data": [{"data": "AAAA"}]}),
        ("tei_predict", [{"score": 1.0}, {"score": 2.0}]),
        ("tei_predict", {"score": 1.0}),
    ],
)
def test_an_answer_without_one_finite_score_is_malformed(protocol, document):
    with pytest.raises(EndpointError, match="sent an answer without one finite score in it") as caught:
        score(document, protocol)
    assert (caught.value.cause, caught.value.permanent) == (Cause.MALFORMED, False)


def test_errors_are_told_apart_as_with_any_model():
    with pytest.raises(EndpointError, match="answered 413: Too long") as caught:
        score({"error": "Too long", "error_type": "Validation"}, "tei_predict", status=413)
    assert (caught.value.cause, caught.value.permanent) == (Cause.REJECTED, True)
    with pytest.raises(EndpointError) as caught:
        score({"score": 1.0}, "score", allowed=frozenset())
    assert caught.value.cause == Cause.FORBIDDEN


def test_neither_the_key_nor_a_query_is_shown():
    model = RewardModel("https://rm.example?key=hush", "rm", key="hush")
    assert repr(model) == "RewardModel(<https://rm.example:443>, 'rm', protocol='score')"


def test_an_unknown_protocol_is_refused_at_once():
    with pytest.raises(ValueError, match="^The protocol of a reward model is score, vllm_pooling, "):
        RewardModel("https://rm.example", "rm", protocol="chat")
