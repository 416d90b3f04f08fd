"""What if the client would rather have another type? A file, and a refusal, is what it is."""

from rest_framework.negotiation import BaseContentNegotiation


class Whatever(BaseContentNegotiation):
    """Answer, whatever the Accept header says."""

    def select_parser(self, request, parsers):
        return parsers[0]

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type
