"""Where does one read what can be called? The OpenAPI document, the page that shows it, and where there is nothing."""

from django.contrib.auth.decorators import login_required
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.decorators import api_view, content_negotiation_class, permission_classes
from rest_framework.permissions import IsAuthenticated

from labeling.api.negotiation import Whatever
from labeling.api.problems import problem


class Document(SpectacularAPIView):
    permission_classes = [IsAuthenticated]


class Page(SpectacularSwaggerSplitView):
    template_name = "api/docs.html"
    url_name = "api:schema"
    permission_classes = [IsAuthenticated]


page = login_required(Page.as_view())


@extend_schema(exclude=True)
@api_view(["GET", "POST", "PUT", "PATCH", "DELETE"])
@content_negotiation_class(Whatever)
@permission_classes([IsAuthenticated])
def nothing_here(request):
    """A wrong address is a problem document too, and says so when only the slash at its end is missing."""
    address = f"{request.path_info}/"
    try:
        meant = resolve(address).func is not nothing_here
    except Resolver404:
        meant = False
    if meant:
        return problem(404, _("There is nothing at this address. Did you mean %(address)s?") % {"address": address})
    return problem(404, _("There is nothing at this address; /api/docs/ lists what there is."))
