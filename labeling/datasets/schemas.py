"""What exactly is a line of each format? As JSON Schema (2020-12), to which the tests hold every format."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEXT, NUMBER, WHOLE, ANY = {"type": "string"}, {"type": "number"}, {"type": "integer"}, {"type": "object"}
MAYBE_TEXT = {"type": ["string", "null"]}
# What has no shape of its own, where columns must not change their type from line to line.
JSON = {"type": "string", "contentMediaType": "application/json"}
ID = {"type": "string", "pattern": "^[0-9a-f-]+$"}
SPLIT = {"enum": ["train", "valid", "test"]}
COHORT = {"enum": ["training", "held_out", ""]}  # researchers are in neither
MAYBE_COHORT = {"enum": ["training", "held_out", None]}
RANK = {"type": "integer", "minimum": 1, "maximum": 16}
QUALITY = {"type": ["integer", "null"], "minimum": 1, "maximum": 7}
SCORE = {"type": "number", "minimum": -100, "maximum": 100}  # on the scale of its question, mostly 1–7
FROM_0_TO_4 = {"type": "integer", "minimum": 0, "maximum": 4}


def listed(items, *, fewest=0, most=None):
    return {"type": "array", "items": items, "minItems": fewest} | ({} if most is None else {"maxItems": most})


def exactly(properties, *, optional=()):
    """An object with these keys and no other; all but the optional ones are always there."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


TURN = exactly({"role": {"enum": ["system", "user", "assistant"]}, "content": TEXT})
PROMPT = listed(TURN, fewest=1)
SAID = listed(exactly({"role": {"const": "assistant"}, "content": TEXT}), fewest=1, most=1)
# What teaches is never blank.
SAID_SOMETHING = listed(
    exactly({"role": {"const": "assistant"}, "content": {"type": "string", "pattern": r"\S"}}), fewest=1, most=1
)
JUDGED = exactly({"id": ID, "model": TEXT, "role": TEXT, "sampling": ANY, "overall_quality": QUALITY, "answers": ANY})
WHO = {"labeler": TEXT, "cohort": COHORT, "split": SPLIT}

SCHEMAS = {
    ("sft", "trl"): exactly(
        {
            "prompt": PROMPT,
            "completion": SAID_SOMETHING,
            "from": {"enum": ["demonstration", "reference", "response"]},
            "model": TEXT,
            "prompt_id": ID,
            "labeler": TEXT,
            "cohort": COHORT,
            "rating": {**SCORE, "type": ["number", "null"]},
            "split": SPLIT,
            "owner": TEXT,
            "meta": JSON,
        }
    ),
    ("sft", "openai"): exactly({"messages": listed(TURN, fewest=2)}),
    ("comparisons", "grouped"): exactly(
        {
            "task": ID,
            "prompt_id": ID,
            "prompt": PROMPT,
            "completions": listed(SAID, fewest=2, most=16),
            "ranks": listed(RANK, fewest=2, most=16),
            "pairs": listed(listed({"type": "integer", "minimum": 0, "maximum": 15}, fewest=2, most=2)),
            "n_possible": WHOLE,
            "n_ties": WHOLE,
            "responses": listed(JUDGED, fewest=2, most=16),
            **WHO,
            "owner": TEXT,
            "instructions_version": WHOLE,
            "seconds": WHOLE,
            "meta": ANY,
        }
    ),
    ("comparisons", "trl"): exactly(
        {
            "prompt": PROMPT,
            "chosen": SAID_SOMETHING,
            "rejected": SAID_SOMETHING,
            "group_id": ID,
            "weight": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            "task": ID,
            "prompt_id": ID,
            "chosen_id": ID,
            "rejected_id": ID,
            **WHO,
        }
    ),
    ("comparisons", "openai"): exactly(
        {
            "input": exactly(
                {"messages": PROMPT, "tools": listed(ANY, most=0), "parallel_tool_calls": {"const": True}}
            ),
            "preferred_output": SAID_SOMETHING,
            "non_preferred_output": SAID_SOMETHING,
        }
    ),
    ("comparisons", "hh"): exactly(
        {name: {"type": "string", "pattern": "^\n\nHuman: [\\s\\S]*\n\nAssistant: "} for name in ("chosen", "rejected")}
    ),
    ("comparisons", "webgpt"): listed(
        exactly(
            {
                "question": exactly({"dataset": TEXT, "id": ID, "full_text": TEXT}),
                "quotes": exactly({"title": listed(TEXT), "extract": listed(TEXT)}),
                "answer": TEXT,
                "score": {"enum": [-1.0, 0.0, 1.0]},
            }
        ),
        fewest=2,
        most=2,
    ),
    ("unpaired", "trl"): exactly(
        {
            "prompt": PROMPT,
            "completion": SAID_SOMETHING,
            "label": {"type": "boolean"},
            "rating": SCORE,
            "ratings": {"type": "integer", "minimum": 1},
            "model": TEXT,
            "prompt_id": ID,
            "response_id": ID,
            "split": SPLIT,
            "owner": TEXT,
        }
    ),
    ("prompts", "trl"): exactly(
        {
            "prompt": PROMPT,
            "prompt_id": ID,
            "source": TEXT,
            "use_case": TEXT,
            "tags": listed(TEXT),
            "language": TEXT,
            "split": SPLIT,
            "owner": TEXT,
            "meta": JSON,
        }
    ),
    ("ratings", "native"): exactly(
        {
            "task": ID,
            "prompt_id": ID,
            "prompt": PROMPT,
            "response": exactly({"id": ID, "model": MAYBE_TEXT, "role": TEXT, "sampling": ANY, "text": TEXT}),
            "overall_quality": QUALITY,
            "answers": ANY,
            "prompt_answers": ANY,
            "notes": TEXT,
            "labeler": TEXT,
            "cohort": MAYBE_COHORT,
            "split": SPLIT,
            "owner": TEXT,
            "form_version": WHOLE,
            "instructions_version": WHOLE,
            "seconds": WHOLE,
            "meta": ANY,
        }
    ),
    ("ratings", "helpsteer"): exactly(
        {
            "prompt": TEXT,
            "response": TEXT,
            **dict.fromkeys(("helpfulness", "correctness", "coherence", "complexity", "verbosity"), FROM_0_TO_4),
        },
        optional=("correctness", "coherence", "complexity", "verbosity"),
    ),
    ("raw", "native"): exactly(
        {
            "id": WHOLE,
            "assignment": ID,
            "task": WHOLE,
            "prompt": WHOLE,
            "project": WHOLE,
            "kind": {"enum": ["demonstration", "ranking", "rating"]},
            "purpose": {"enum": ["training", "evaluation"]},
            "labeler": TEXT,
            "cohort": MAYBE_COHORT,
            "by_program": {"type": "boolean"},
            "calibration": {"type": "boolean"},
            "form_version": WHOLE,
            "instructions_version": WHOLE,
            "revision": {"type": "integer", "minimum": 1},
            "seconds": WHOLE,
            "submitted_at": {"type": "string", "format": "date-time"},
            "slots": listed(exactly({"slot": TEXT, "response": WHOLE, "model": MAYBE_TEXT, "text": TEXT}), most=16),
            "ranking": {"anyOf": [{"type": "null"}, listed(listed(TEXT, fewest=1))]},
            "ratings": listed(exactly({"slot": TEXT, "overall_quality": QUALITY, "answers": ANY, "notes": TEXT})),
            "prompt_answers": ANY,
            "demonstration": {
                "anyOf": [
                    {"type": "null"},
                    exactly(
                        {"text": TEXT, "prompt_type": MAYBE_TEXT, "tags": {"type": ["array", "null"], "items": TEXT}}
                    ),
                ]
            },
            "prompt_messages": PROMPT,
            "is_standing": {"type": "boolean"},
            "superseded_at": {"type": ["string", "null"], "format": "date-time"},
            "split": SPLIT,
            "owner": TEXT,
            "meta": ANY,
        }
    ),
}


def schema_of(kind, format):
    """Return the schema of one line as a document of its own."""
    return {"$schema": DIALECT, "title": f"{kind}, {format}", **SCHEMAS[kind, format]}
