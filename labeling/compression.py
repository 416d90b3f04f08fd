"""What goes over the wire smaller? Pages; files and streams go out as they are."""

from django.middleware.gzip import GZipMiddleware


class CompressPages(GZipMiddleware):
    """Dataset files are compressed already and promise their bytes and ranges; NDJSON streams must not wait."""

    def process_response(self, request, response):
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
