"""What may stand in docker-compose.yml: the parts of the Compose specification that we use, and nothing beside them.

Stricter than the specification where it offers several ways of writing one thing: one is enough.
"""

TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
SPAN = {"type": "string", "pattern": r"^[0-9]+(ms|s|m|h)$"}


def record(required=(), **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def named(kind):
    return {
        "type": "object",
        "patternProperties": {"^[A-Za-z0-9._-]+$": kind},
        "additionalProperties": False,
        "minProperties": 1,
    }


COMMAND = {"oneOf": [TEXT, TEXTS]}
CHECK = {
    "type": "array",
    "items": TEXT,
    "minItems": 2,
    "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}],
}
HEALTHCHECK = {
    "oneOf": [
        record(required=["disable"], disable={"const": True}),
        record(
            required=["test", "interval", "timeout"],
            test=CHECK,
            interval=SPAN,
            timeout=SPAN,
            start_period=SPAN,
            retries={"type": "integer", "minimum": 1},
        ),
    ]
}
DEPENDENCY = record(
    required=["condition"],
    condition={"enum": ["service_started", "service_healthy", "service_completed_successfully"]},
)
SERVICE = record(
    required=["image", "restart"],
    build=TEXT,
    image=TEXT,
    command=COMMAND,
    init={"type": "boolean"},
    user=TEXT,
    restart={"enum": ["no", "always", "on-failure", "unless-stopped"]},
    cap_drop=TEXTS,
    security_opt=TEXTS,
    # A number or a bare word would be read by YAML as something else than what was meant.
    environment=named({"type": "string"}),
    volumes={"type": "array", "items": {"type": "string", "pattern": "^[a-z]+:/[a-z/]+$"}},
    ports={"type": "array", "items": {"type": "string", "pattern": ":[0-9]+$"}},
    depends_on=named(DEPENDENCY),
    healthcheck=HEALTHCHECK,
    stop_grace_period=SPAN,
    shm_size={"type": "string", "pattern": "^[0-9]+(b|k|m|g|kb|mb|gb)$"},
)
COMPOSE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"services": named(SERVICE), "volumes": named({"type": "null"})},
    "patternProperties": {"^x-": {}},
    "required": ["services", "volumes"],
    "additionalProperties": False,
}
