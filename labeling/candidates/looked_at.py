"""How is a response read, and written anew, where somebody decides about what looks personal in it?"""

from django.utils.translation import gettext as _

from labeling.candidates.models import Response, normal_hash


def read(row):
    response = Response.objects.select_related("endpoint").get(pk=row)
    return response.endpoint.name if response.endpoint else _("Reference"), response.text


def write(row, text):
    Response.objects.filter(pk=row).update(text=text, text_hash=normal_hash(text))
