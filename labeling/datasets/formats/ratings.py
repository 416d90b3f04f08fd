"""In which shapes do ratings leave?"""

SEVERAL_TURNS = "ratings of responses to prompts of several turns"
NO_QUALITY = "ratings without an overall quality or a helpfulness"
ATTRIBUTES = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")
LARGEST = 4  # of HelpSteer's scales, which begin at 0


def native(ratings, left_out):
    """One response as one labeler judged it a line, with everything that was answered. Nothing is left out."""
    for rating in ratings:
        yield {
            "task": rating.task,
            "prompt_id": rating.prompt_id,
            "prompt": rating.prompt,
            "response": {
                "id": rating.response.id,
                "model": rating.response.model,
                "role": rating.response.role,
                "sampling": rating.response.sampling,
                "text": rating.response.text,
            },
            "overall_quality": rating.response.overall_quality,
            "answers": rating.response.answers,
            "prompt_answers": rating.prompt_answers,
            "notes": rating.notes,
            "labeler": rating.labeler,
            "cohort": rating.cohort,
            "split": rating.split,
            "owner": rating.owner,
            "form_version": rating.form_version,
            "instructions_version": rating.instructions_version,
            "seconds": rating.seconds,
            "meta": rating.meta,
        }


def helpsteer(ratings, left_out):
    """One response as one labeler judged it a line, with HelpSteer2's attributes as whole numbers from 0 to 4.

    `helpfulness` is the question of that key, else the overall quality; the other attributes are Likert questions of
    their keys, where the form asks them. Each is brought from its own range to 0–4 and rounded, halves to even.
    """
    for rating in ratings:
        scores = rating.likert_from_0_to(LARGEST)
        scores.setdefault("helpfulness", scores.get("overall_quality"))
        if len(rating.prompt) > 1:
            left_out[SEVERAL_TURNS] += 1
        elif scores["helpfulness"] is None:
            left_out[NO_QUALITY] += 1
        else:
            yield {
                "prompt": rating.prompt[0]["content"],
                "response": rating.response.text,
                **{name: scores[name] for name in ATTRIBUTES if scores.get(name) is not None},
            }
