"""Steps every trainer on the files that test_trainers.py froze: `python trainers.py DIR`. Runs where torch is.

Prints one line of JSON: what each trainer's loss was, and how many rows it took.
"""

import json
import logging
import math
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import torch
from datasets import load_dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
    TrainingArguments,
)
from trl import (
    DPOConfig,
    DPOTrainer,
    KTOConfig,
    KTOTrainer,
    RewardConfig,
    RewardTrainer,
    RLOOConfig,
    RLOOTrainer,
    SFTConfig,
    SFTTrainer,
)

sys.path.insert(0, str(Path(__file__).parents[2]))
from models_api.training.listwise import Collator, ListwiseTrainer  # noqa: E402

SIZE = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 4}  # fmt: skip
TEMPLATE = (
    "{% for m in messages %}{{ '<s>' + m['role'] + ': ' + m['content'] + '</s>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<s>assistant: ' }}{% endif %}"
)


def tokenizer():
    letters = {letter: number for number, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    bytewise = Tokenizer(models.BPE(vocab=letters | {"<s>": 256, "</s>": 257, "<pad>": 258}, merges=[]))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(
        tokenizer_object=bytewise, bos_token="<s>", eos_token="</s>", pad_token="<pad>", model_max_length=512
    )
    made.chat_template = TEMPLATE
    return made


def config(**more):
    ids = {"bos_token_id": 256, "eos_token_id": 257, "pad_token_id": 258}
    return LlamaConfig(vocab_size=259, max_position_embeddings=512, **ids, **SIZE, **more)


def made(model):
    """Saved and read again, so that trainers which make their own copy know from where."""
    place = tempfile.mkdtemp(dir=sys.argv[1])
    model.save_pretrained(place)
    return type(model).from_pretrained(place)


def writer():
    torch.manual_seed(0)
    return made(LlamaForCausalLM(config()))


def judge():
    torch.manual_seed(0)
    return made(LlamaForSequenceClassification(config(num_labels=1)))


def rows(place, name):
    return load_dataset(str(place / name), cache_dir=str(place / "cache"))["train"]


def common(place, **more):
    return {
        "output_dir": str(place / "out"), "max_steps": 2, "per_device_train_batch_size": 2, "report_to": [],
        "use_cpu": True, "save_strategy": "no", "logging_steps": 1, "disable_tqdm": True, **more,
    }  # fmt: skip


def step(trainer):
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses, trainer.state.log_history
    assert all(math.isfinite(loss) for loss in losses), losses
    return {"steps": trainer.state.global_step, "rows": len(trainer.train_dataset), "losses": losses}


def sft(place, name):
    args = SFTConfig(**common(place), max_length=256)
    return step(SFTTrainer(writer(), args, train_dataset=rows(place, name), processing_class=tokenizer()))


def reward(place):
    args = RewardConfig(**common(place), max_length=256)
    return step(
        RewardTrainer(judge(), args, train_dataset=rows(place, "comparisons-trl"), processing_class=tokenizer())
    )


def dpo(place):
    args = DPOConfig(**common(place), max_length=256)
    return step(
        DPOTrainer(
            writer(),
            ref_model=writer(),
            args=args,
            train_dataset=rows(place, "comparisons-trl"),
            processing_class=tokenizer(),
        )
    )


def kto(place):
    args = KTOConfig(**common(place), max_length=256)
    return step(
        KTOTrainer(
            writer(),
            ref_model=writer(),
            args=args,
            train_dataset=rows(place, "unpaired-trl"),
            processing_class=tokenizer(),
        )
    )


def rloo(place):
    args = RLOOConfig(
        **common(place, per_device_train_batch_size=2),
        num_generations=2,
        max_completion_length=8,
        generation_batch_size=2,
    )
    trainer = RLOOTrainer(
        model=writer(),
        reward_funcs=lambda completions, **_row: [float(len(said[0]["content"])) for said in completions],
        args=args,
        train_dataset=rows(place, "prompts-trl"),
        processing_class=tokenizer(),
    )
    return step(trainer)


def listwise(place, name="comparisons-grouped"):
    """Of rankings one of which is all tied, one at a time."""
    args = TrainingArguments(**common(place, per_device_train_batch_size=1), remove_unused_columns=False)
    data = rows(place, name)
    trainer = ListwiseTrainer(
        judge(), args, train_dataset=data, eval_dataset=data, data_collator=Collator(tokenizer(), max_length=512)
    )
    return step(trainer) | {"eval_loss": trainer.evaluate()["eval_loss"]}


def left_out_by_listwise(place):
    """What is said of rankings whose prompts leave no room for the responses."""
    args = TrainingArguments(**common(place), remove_unused_columns=False)
    data, lengths = rows(place, "comparisons-grouped"), []
    for row in data:
        lengths.append(len(Collator(tokenizer())([row])["input_ids"][0]))
    told = []
    for max_length in (max(lengths) - 1, min(lengths) - 1):
        with capturing("models_api.training.listwise") as warnings:
            try:
                made = Collator(tokenizer(), max_length=max_length)
                trainer = ListwiseTrainer(judge(), args, train_dataset=data, data_collator=made)
                told.append([len(trainer.train_dataset), *warnings])
            except ValueError as error:
                told.append([str(error)])
    return {"lengths": lengths, "told": told}


@contextmanager
def capturing(name):
    """What the logger of that name says inside."""
    said, handler = [], logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    logging.getLogger(name).addHandler(handler)
    try:
        yield said
    finally:
        logging.getLogger(name).removeHandler(handler)


def equals_trl_at_two(place):
    """The loss of one batch of rankings of two, by our trainer and by TRL's."""
    grouped, pairs = rows(place, "pairs-grouped"), rows(place, "pairs-trl")
    words, model = tokenizer(), judge().eval()
    args = TrainingArguments(**common(place), remove_unused_columns=False)
    ours = ListwiseTrainer(model, args, train_dataset=grouped, data_collator=Collator(words))
    theirs = RewardTrainer(
        model, RewardConfig(**common(place), max_length=512), train_dataset=pairs, processing_class=words
    )
    with torch.no_grad():
        our_loss = ours.compute_loss(model, Collator(words)(list(grouped)))
        batch = theirs.data_collator(list(theirs.train_dataset))
        their_loss = theirs.compute_loss(model, batch)
    return {"ours": float(our_loss), "theirs": float(their_loss)}


def main(place):
    found = {
        "sft": sft(place, "sft-trl"),
        "sft-openai": sft(place, "sft-openai"),
        "reward": reward(place),
        "dpo": dpo(place),
        "kto": kto(place),
        "rloo": rloo(place),
        "listwise": listwise(place),
        "left out by listwise": left_out_by_listwise(place),
        "at two": equals_trl_at_two(place),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
