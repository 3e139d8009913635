"""It claims image/png, which is the bundled format's, and a type of its own, which is fine."""

from credlabel.hookspecs import hookimpl

PNG = b"\x89PNG\r\n\x1a\n"
OTHER = b"OTHR"


class OtherPng:
    """A format that takes every PNG for whole, and knows a type that nobody else does."""

    media_types = ("image/png", "application/x-other")

    def accepts(self, head):
        """Return a media type by the magic number."""
        if head.startswith(OTHER):
            return "application/x-other"
        return "image/png" if head.startswith(PNG) else None

    def check_whole(self, source):
        """Return, whatever the file."""


@hookimpl
def credlabel_formats():
    """Return the format."""
    return [OtherPng()]
