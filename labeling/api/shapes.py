"""What must the JSON of a request look like? Unknown fields are refused, not forgotten."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from rest_framework.serializers import Serializer, SlugRelatedField, ValidationError


class Strict(Serializer):
    """A serializer that refuses fields it does not know: a misspelt one must not be dropped in silence."""

    def to_internal_value(self, data):
        if isinstance(data, Mapping):
            unknown = [key for key in data if key not in self.fields]
            if unknown:
                known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
                sentence = _("There is no field of this name here; there are: %(known)s.") % {"known": known}
                raise ValidationError({str(key): [sentence] for key in unknown})
        return super().to_internal_value(data)


class Named(SlugRelatedField):
    """A row that is called by its name; what can be no name never reaches the database."""

    def to_internal_value(self, data):
        if not isinstance(data, str) or "\0" in data:
            self.fail("invalid")
        return super().to_internal_value(data)
