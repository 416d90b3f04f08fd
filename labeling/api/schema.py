"""What does the OpenAPI document say of every call?"""

# The serializers' metaclass takes fields off their class, so that none hides an attribute of the same name.
# mypy: disable-error-code="assignment,var-annotated"

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from labeling.api import idempotency

# What any call may answer besides what it is for, by whether it reads an object, a list or a body. Nothing else is
# answered: there is no default, behind which an answer that nobody thought of would hide.
ALWAYS = {
    400: "The query or the body is not as described; `errors` names what.",
    401: "Nobody is known by this token or session.",
    403: "Your role or the token's scope does not allow it.",
    406: "The answer is of another type than the `Accept` header wants.",
    429: "Too many calls in this minute; `Retry-After` says when the next one begins.",
    500: "Something went wrong on our side.",
}
CHANGING = {
    409: "It conflicts with how things stand.",
    413: "The body is too large.",
    415: "The body is of another type than this call reads.",
    422: "It is understood and refused; `errors` says why.",
    503: "Another request was in the way, and nothing was done; `Retry-After` says when to send it again.",
}
RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
OF_SOMETHING = {404: "There is no such thing, or it is not yours."}
BY_PAGES = {404: "This cursor was not given out here."}


class Mistake(serializers.Serializer):
    field = serializers.CharField(allow_blank=True)
    detail = serializers.CharField()


class ProblemDetails(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A whole sentence.")
    errors = Mistake(many=True, required=False)


def refused(status, sentence):
    """Return, for `responses`, with what a call may be refused besides what all are."""
    return {(status, "application/problem+json"): OpenApiResponse(ProblemDetails, sentence)}


class Schema(AutoSchema):
    """Adds what all calls share: Idempotency-Key on POST and PUT, and refusals as problem details."""

    def get_override_parameters(self):
        if self.method not in ("POST", "PUT"):
            return []
        return [
            OpenApiParameter(
                idempotency.HEADER,
                str,
                OpenApiParameter.HEADER,
                description="Sent again with the same key, a request is done once and answered the same.",
            )
        ]

    def get_operation(self, *args, **kwargs):
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        ref = self.resolve_serializer(ProblemDetails(), "response").ref
        refusals = ALWAYS | (CHANGING if self.method != "GET" else {}) | self._missing(operation)
        for status, description in refusals.items():
            content = {"application/problem+json": {"schema": ref}}
            headers = {"headers": RETRY_AFTER} if status in (429, 503) else {}
            refusal = {"content": content, "description": description, **headers}
            operation["responses"].setdefault(str(status), refusal)
        return operation

    def _missing(self, operation):
        if "{" in self.path:
            return OF_SOMETHING
        return BY_PAGES if any(one["name"] == "cursor" for one in operation.get("parameters", ())) else {}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "labeling.api.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, from `manage.py token EMAIL --scope read|write|label`.",
        }
