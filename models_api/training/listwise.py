"""How is a reward model trained on whole rankings? One ranking is one batch element: each response is read once.

Pairs of one ranking are not independent; shuffled into one set they overfit within an epoch (Ouyang et al. 2022,
section 3.5). The loss of a ranking is the mean of −log σ(s_chosen − s_rejected) over its strictly ordered pairs, and
that of a batch the mean over its rankings. With two responses it is the loss of TRL's reward trainer.

    rows = load_dataset("comparisons")["train"]  # the folder, with its README.md
    trainer = ListwiseTrainer(model, args, train_dataset=rows, data_collator=Collator(tokenizer))
    trainer.train()

Rows are those of the format `grouped`. TrainingArguments need `remove_unused_columns=False`.
"""

import logging

import torch
from torch.nn.functional import logsigmoid
from transformers import Trainer


class Collator:
    """Flattens rankings into responses, and remembers which pairs of them are ordered, and of which ranking."""

    def __init__(self, tokenizer, max_length=2048):
        self.tokenizer, self.max_length = tokenizer, max_length

    def __call__(self, rows):
        texts: list = []
        pairs: list = []
        weights: list = []
        for row in rows:
            found = _pairs(row["ranks"])
            pairs += [(len(texts) + chosen, len(texts) + rejected) for chosen, rejected in found]
            weights += [1 / len(found) / len(rows) for _ in found]
            texts += self._texts(row)
        return {
            **self._tokens(texts, padding=True, return_tensors="pt"),
            "pairs": torch.tensor(pairs, dtype=torch.long).reshape(-1, 2),
            "weights": torch.tensor(weights, dtype=torch.float32),
        }

    def teaches(self, row):
        """Whether any two responses are in order, and all are read whole: cut off, they would be the prompt alone."""
        lengths = map(len, self._tokens(self._texts(row))["input_ids"])
        return bool(_pairs(row["ranks"])) and max(lengths) <= self.max_length

    def _texts(self, row):
        return [
            self.tokenizer.apply_chat_template([*row["prompt"], *said], tokenize=False) for said in row["completions"]
        ]

    def _tokens(self, texts, **how):
        return self.tokenizer(texts, add_special_tokens=False, **how)  # which the template has set


class ListwiseTrainer(Trainer):
    """A Trainer of a sequence classifier with one label, by the loss above.

    Rankings that teach nothing are left out before, and counted in a warning. Raises ValueError where all are.
    """

    def __init__(self, model, args, *, data_collator, train_dataset=None, eval_dataset=None, **more):
        told = [rows if rows is None else _teaching(rows, data_collator) for rows in (train_dataset, eval_dataset)]
        super().__init__(
            model, args, data_collator=data_collator, train_dataset=told[0], eval_dataset=told[1], **more
        )  # fmt: skip

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        pairs, weights = inputs.pop("pairs"), inputs.pop("weights")
        outputs = model(**inputs)
        scores = outputs.logits.squeeze(-1)
        loss = -(weights * logsigmoid(scores[pairs[:, 0]] - scores[pairs[:, 1]])).sum()
        return (loss, outputs) if return_outputs else loss

    def prediction_step(self, model, inputs, prediction_loss_only, ignore_keys=None):
        """The loss alone: there are no labels to compare with."""
        with torch.no_grad():
            return self.compute_loss(model, self._prepare_inputs(inputs)), None, None


def _teaching(rows, collator):
    kept = rows.filter(collator.teaches)
    if out := len(rows) - len(kept):
        logging.getLogger(__name__).warning(
            "%d of %d rankings are left out: all tied, or longer than %d tokens.", out, len(rows), collator.max_length
        )
    if not len(kept):
        raise ValueError("No ranking is left to learn from.")
    return kept


def _pairs(ranks):
    return [
        (chosen, rejected)
        for chosen, better in enumerate(ranks)
        for rejected, worse in enumerate(ranks)
        if better < worse
    ]
