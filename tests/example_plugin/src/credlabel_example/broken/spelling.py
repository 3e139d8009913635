"""It misspells the name of a hook; without a check, nobody would ever call it."""

from credlabel.hookspecs import hookimpl


@hookimpl
def credlabel_detektors():
    """Return nothing, and to nobody."""
    return []
