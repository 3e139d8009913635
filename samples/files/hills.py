"""Say which of the hills round the valley is the highest."""

HEIGHTS = {
    "Barrow Top": 386,
    "Alder Rigg": 638,
    "Ember Law": 701,
    "Dun Fell": 273,
    "Curlew Hill": 873,
}


def highest() -> str:
    """Return the name of the highest hill."""
    return max(HEIGHTS, key=HEIGHTS.__getitem__)


if __name__ == "__main__":
    print(highest())
