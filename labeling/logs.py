"""What is written down while the house works? One event a line: key=value to read, JSON to ship."""

import re
from typing import Any

import structlog

RESET_KEY = re.compile(r"(/password/reset/key/)[^/]+")


def without_secrets(_logger, _method, event):
    """Leave out of a request's address what must not lie in a log: its query, and the key of a new password.

    >>> without_secrets(None, "info", {"request": "GET /admin/people/user/?q=ann@attune.example"})
    {'request': 'GET /admin/people/user/'}
    """
    if isinstance(event.get("request"), str):
        event["request"] = RESET_KEY.sub(r"\1…", event["request"].partition("?")[0])
    return event


def configure_logs(*, json, level):
    """Configure structlog and return Django's LOGGING dict; the same shape for our events and for libraries'."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            *shared,
            without_secrets,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if json else structlog.processors.LogfmtRenderer()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "events": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    renderer,
                ],
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "events"}},
        "root": {"handlers": ["console"], "level": level},
    }
