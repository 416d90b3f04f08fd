"""How does a refusal look? As problem details (RFC 9457), in whole sentences."""

from rest_framework.response import Response
from rest_framework.views import exception_handler


def answer(exc, context):
    """Turn REST framework's answer to an exception into `application/problem+json`; None lets it rise."""
    response = exception_handler(exc, context)
    if response is None:
        return None
    return problem(response.status_code, response.data, headers=response.headers)


def problem(status, data, headers=None):
    detail = data.get("detail") if isinstance(data, dict) and set(data) == {"detail"} else None
    body = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status}
    body["detail"] = str(detail or "The request has mistakes; each is named in errors.")
    if detail is None:
        body["errors"] = data
    return Response(body, status=status, headers=headers, content_type="application/problem+json")


TITLES = {
    400: "Bad request",
    401: "Who are you?",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    415: "Unsupported media type",
    422: "Not acceptable as it stands",
    429: "Too many requests",
}
