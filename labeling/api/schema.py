"""What does the OpenAPI document say of every call?"""

# The serializers' metaclass takes fields off their class, so that none hides an attribute of the same name.
# mypy: disable-error-code="assignment,var-annotated"

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from labeling.api import idempotency

# What any call may answer besides what it is for, by whether it reads an object or a body.
ALWAYS = {
    401: "Nobody is known by this token or session.",
    403: "Your role or the token's scope does not allow it.",
    429: "Too many calls in this minute; `Retry-After` says when the next one begins.",
    "default": "Any other refusal.",
}
WITH_BODY = {
    400: "The body is not as described; `errors` names the fields.",
    409: "It conflicts with how things stand.",
    422: "It is understood and refused; `errors` says why.",
}
RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
OF_SOMETHING = {404: "There is no such thing, or it is not yours."}


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
        refusals = ALWAYS | (WITH_BODY if self.method != "GET" else {}) | (OF_SOMETHING if "{" in self.path else {})
        for status, description in refusals.items():
            content = {"application/problem+json": {"schema": ref}}
            headers = {"headers": RETRY_AFTER} if status == 429 else {}
            refusal = {"content": content, "description": description, **headers}
            operation["responses"].setdefault(str(status), refusal)
        return operation


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
