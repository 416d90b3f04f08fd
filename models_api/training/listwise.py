"""How is a reward model trained on whole rankings? One ranking is one batch element: each response is read once.

Pairs of one ranking are not independent; shuffled into one set they overfit within an epoch (Ouyang et al. 2022,
section 3.5). The loss of a ranking is the mean of −log σ(s_chosen − s_rejected) over its strictly ordered pairs, and
that of a batch the mean over its rankings. With two responses it is the loss of TRL's reward trainer.

    rows = load_dataset("comparisons")["train"]  # the folder, with its README.md
    trainer = ListwiseTrainer(model, args, train_dataset=rows, data_collator=Collator(tokenizer))
    trainer.train()

Rows are those of the format `grouped`. TrainingArguments need `remove_unused_columns=False`.
"""

import torch
from torch.nn.functional import logsigmoid
from transformers import Trainer


class Collator:
    """Flattens rankings into responses, and remembers which pairs of them are ordered, and of which ranking.

    Rankings without a pair, all of whose responses are tied, teach nothing and are skipped.
    """

    def __init__(self, tokenizer, max_length=2048):
        self.tokenizer, self.max_length = tokenizer, max_length

    def __call__(self, rows):
        texts: list = []
        pairs: list = []
        weights: list = []
        ordered = [(row, _pairs(row["ranks"])) for row in rows]
        told = [(row, found) for row, found in ordered if found]
        for row, found in told:
            start = len(texts)
            texts += [
                self.tokenizer.apply_chat_template(row["prompt"] + completion, tokenize=False)
                for completion in row["completions"]
            ]
            pairs += [(start + chosen, start + rejected) for chosen, rejected in found]
            weights += [1 / (len(found) * len(told))] * len(found)
        batch = self.tokenizer(texts, truncation=True, max_length=self.max_length, padding=True, return_tensors="pt")
        return {
            **batch,
            "pairs": torch.tensor(pairs, dtype=torch.long).reshape(-1, 2),
            "weights": torch.tensor(weights, dtype=torch.float32),
        }


class ListwiseTrainer(Trainer):
    """A Trainer of a sequence classifier with one label, by the loss above."""

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        pairs, weights = inputs.pop("pairs"), inputs.pop("weights")
        outputs = model(**inputs)
        scores = outputs.logits.squeeze(-1)
        loss = -(weights * logsigmoid(scores[pairs[:, 0]] - scores[pairs[:, 1]])).sum()
        return (loss, outputs) if return_outputs else loss


def _pairs(ranks):
    return [
        (chosen, rejected)
        for chosen, better in enumerate(ranks)
        for rejected, worse in enumerate(ranks)
        if better < worse
    ]
