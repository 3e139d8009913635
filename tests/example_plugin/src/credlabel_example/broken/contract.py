"""One of its detectors is sound; the other detects under another name, so it is no Detector."""

from credlabel.hookspecs import hookimpl


class Sound:
    """A detector that finds nothing."""

    name = "sound"

    def detect(self, subject, source):
        """Return no evidence."""
        return ()


class Guesser:
    """It lacks ``detect``."""

    name = "guesser"

    def guess(self, subject, source):
        """Return no evidence, under the wrong name."""
        return ()


@hookimpl
def credlabel_detectors():
    """Return both."""
    return [Sound(), Guesser()]
