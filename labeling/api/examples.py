"""What do the main bodies look like? The document's examples: one ranking, from its project to its file."""

from drf_spectacular.utils import OpenApiExample


def asked(name, value):
    """An example of a request."""
    return OpenApiExample(name, value, request_only=True)


def told(name, value, *, status=200):
    """An example of an answer."""
    return OpenApiExample(name, value, response_only=True, status_codes=[str(status)])


PROJECT = told(
    "The project",
    {
        "id": 7, "name": "Rank answers", "kind": "ranking", "purpose": "training", "state": "open",
        "instructions": "Read all responses before you judge the first.", "instructions_version": 1,
        "form": "instructgpt", "k": 4, "min_k": None, "rate_first": True, "layout": "cards", "may_arrange": True,
        "overlap": 2, "cohort": "training", "lease_minutes": 60, "baseline": None, "most_per_labeler": None,
        "calibration_share": None, "programs": "beside", "most_per_model": 2, "with_references": False,
        "leave_out": ["leak", "refusal"], "prompt_types": [], "asks_for_tags": False, "by_invitation": False,
        "qualifications": [], "created_at": "2026-11-02T09:00:00Z",
    },
    status=201,
)  # fmt: skip
PAUSE = asked("Pause it", {"state": "paused"})
TASKS = told(
    "Some were refused",
    {"created": 100, "refused": [{"prompt": 124, "reason": "Only 1 different non-empty response; 4 are needed."}]},
    status=201,
)
PROGRESS = told(
    "Half way",
    {
        "project": 7, "state": "open", "tasks": 100, "set_aside": 0, "in_pool": 0, "seats": 200, "taken": 104,
        "open": 2, "submitted": 102, "submitted_from_pool": 0, "skipped": 5, "expired": 1, "submitted_last_hour": 18,
        "labelers": [{
            "labeler": "814ebbb7d5850e9c", "open": 1, "submitted": 60, "skipped": 2, "expired": 1,
            "last_at": "2026-11-02T11:04:05Z",
        }],
        "programs": [],
    },
)  # fmt: skip

AGREEMENT = told(
    "Two rank and rate the same",
    {
        "project": 7, "kind": "ranking", "with_programs": False, "most_tasks": 2000,
        "rankings": {
            "without_ties": {"value": 0.74, "low": 0.7, "high": 0.78, "n": 120, "why": ""},
            "tie_half": {"value": 0.69, "low": 0.66, "high": 0.72, "n": 120, "why": ""},
            "tau_b": {"value": 0.45, "low": 0.38, "high": 0.52, "n": 118, "why": ""},
            "pairs": 644, "tasks": 120,
        },
        "questions": [{
            "key": "fails_task", "scale": "binary", "units": 480,
            "agreement": {"value": 0.91, "low": 0.88, "high": 0.93, "n": 120, "why": ""},
            "alpha": {"value": 0.52, "low": None, "high": None, "n": 480, "why": ""},
            "within_1": None,
            "positive_agreement": {"value": 0.57, "low": 0.44, "high": 0.69, "n": 61, "why": ""},
        }],
    },
)  # fmt: skip

SHEET = {
    "assignment": "0d56651a-1fbc-4d86-9dcb-288f959ab0c1",
    "kind": "ranking",
    "lease_ends": "2026-11-02T12:04:05Z",
    "page": 61,
    "prompt": [{"role": "user", "content": "Explain in two sentences why the sky is blue."}],
    "slots": [{"slot": letter, "text": f"The text of response {letter}."} for letter in "ABCD"],
    "questions": [
        {
            "key": "overall_quality", "wording": "Overall quality", "scale": "likert", "per": "response",
            "required": True, "allows_na": False, "min": 1, "max": 7, "min_label": "worst", "max_label": "best",
            "choices": [],
        },
        {
            "key": "fails_task", "wording": "Fails to follow the correct instruction / task", "scale": "binary",
            "per": "response", "required": False, "allows_na": False, "min": None, "max": None, "min_label": "",
            "max_label": "", "choices": [],
        },
    ],
    "instructions": {"version": 3, "markdown": "Read all responses before you judge the first."},
    "draft": None,
}  # fmt: skip
GIVEN = told("A sheet of four responses", SHEET)
RATED = asked(
    "A rating",
    {
        "ratings": [{"slot": "A", "overall_quality": 6, "answers": {"fails_task": False}, "notes": ""}],
        "seconds": 95,
    },
)
SUBMITTED = told("Only submitted", {"label": 609}, status=201)
WENT_ON = told("With the next sheet", {"label": 609, "next": SHEET}, status=201)
NONE_LEFT = told("Nothing is left", {"label": 609, "next": None}, status=201)
KEPT = told("Kept", {"revision": 7})
SKIP = asked("With a reason", {"reason": "It is in a language that I do not read."})
SKIPPED = told("Skipped", {"assignment": SHEET["assignment"], "state": "skipped"})
FLAG = asked("Personal data", {"kind": "pii", "note": "Response B names a phone number."})
FLAGGED = told("Flagged", {"flag": 12}, status=201)

LABEL = told(
    "A ranking with its ratings",
    {
        "id": 609, "assignment": SHEET["assignment"], "task": 117, "prompt": 121, "project": 7, "kind": "ranking",
        "purpose": "training", "labeler": "814ebbb7d5850e9c", "cohort": "training", "by_program": False,
        "calibration": False, "form_version": 1, "instructions_version": 3, "revision": 1, "seconds": 95,
        "submitted_at": "2026-11-02T11:05:40Z",
        "slots": [
            {"slot": letter, "response": 259 + index, "model": model}
            for index, (letter, model) in enumerate(zip("ABCD", ["sft", "ppo", "gpt", None], strict=True))
        ],
        "ranking": [["B"], ["A", "C"], ["D"]],
        "ratings": [
            {"slot": letter, "overall_quality": quality, "answers": {"fails_task": quality < 4}, "notes": ""}
            for letter, quality in zip("ABCD", [6, 7, 6, 2], strict=True)
        ],
        "prompt_answers": {}, "demonstration": None,
    },
)  # fmt: skip

OTHER_SERVER = asked("Another server, whose key is said again", {"base_url": "https://other.example/v1", "key": "sk-…"})
GENERATION = {
    "id": 5, "state": "queued", "reason": "",
    "models": [{
        "id": 3, "name": "ppo-1.3b", "total": 0, "done": 0, "failed": 0, "waiting": 0, "prompt_tokens": 0,
        "completion_tokens": 0, "cost": None, "down_at": None, "down_until": None, "down_reason": "",
    }],
    "prompts": {"source": "support-2026", "split": "train"}, "n": 2, "k": 4,
    "sampling": {"temperature": 1.0, "top_p": None, "max_tokens": 256, "stop": [], "seed": None},
    "requested_at": "2026-11-02T08:00:00Z", "started_at": None, "finished_at": None, "total": 0, "done": 0,
    "failed": 0, "waiting": 0, "is_planned": False, "percent": 0, "rate": None, "eta": None, "cost": None,
    "failures": [],
}  # fmt: skip
GENERATION_QUEUED = told("Requested", GENERATION, status=202)
GENERATION_UNDER_WAY = told(
    "Under way",
    GENERATION
    | {
        "state": "running", "started_at": "2026-11-02T08:00:01Z", "total": 1000, "done": 397, "failed": 3,
        "waiting": 600, "is_planned": True, "percent": 40, "rate": 31.2, "eta": 19,
        "failures": [{"cause": "timeout", "count": 3, "example": "models.example:443 gave no answer in time."}],
    },
)  # fmt: skip

DATASET = {
    "id": 3, "number": 1, "state": "freezing", "kind": "comparisons", "format": "grouped", "projects": [7],
    "filters": {"cohort": "training"}, "percent": 0, "rows_total": None, "rows_done": 0, "error": "",
    "requested_at": "2026-11-03T08:00:00Z", "frozen_at": None, "files": [],
}  # fmt: skip
DATASET_NUMBERED = told("Numbered", DATASET, status=202)
DATASET_FROZEN = told(
    "Frozen",
    DATASET
    | {
        "state": "frozen", "percent": 100, "rows_total": 102, "rows_done": 102, "frozen_at": "2026-11-03T08:00:02Z",
        "files": [{
            "name": "train.jsonl.gz", "split": "train", "rows": 102, "bytes": 48213,
            "sha256": "2fee7df9fc94eea413ec9e1ee80a076caaf08f110b71ee1d4dcf991f3bc3fea6",
            "url": "https://attune.example.org/api/v1/datasets/3/files/train.jsonl.gz",
        }],
    },
)  # fmt: skip

WEBHOOK = told(
    "With its secret, this once",
    {
        "id": 2, "url": "https://hooks.example/attune", "description": "Training", "events": ["dataset.frozen"],
        "is_active": True, "failing_since": None, "stopped_because": "", "rotated_at": None,
        "created_at": "2026-11-02T08:00:00Z", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    },
    status=201,
)  # fmt: skip
OTHER_EVENTS = asked("Other events, and on again", {"events": ["task.completed"], "is_active": True})
DELIVERY = told(
    "It was taken",
    {
        "id": 41, "webhook_id": "msg_3b2f1a0c9d8e4f7a8b6c5d4e3f2a1b0c", "event": "ping",
        "payload": {"type": "ping", "timestamp": "2026-11-02T08:00:00+00:00", "data": {"webhook": 2}},
        "state": "delivered", "attempts": 1, "next_try_at": "2026-11-02T08:01:00Z", "status": 204, "error": "",
        "created_at": "2026-11-02T08:00:00Z", "delivered_at": "2026-11-02T08:00:01Z",
    },
)  # fmt: skip
