#!/usr/bin/env python3
"""The hills round the valley: their heights as bars, and what it takes to walk over all of them.

None of these hills exists. A machine made up their names, their heights and the path.
Run it with ``python hills.py``; it needs nothing but Python.
"""

from itertools import pairwise

PATH_KM = 16
KM_AN_HOUR = 5
METRES_A_MINUTE = 10

HILLS = (
    ("Barrow Top", 386),
    ("Alder Rigg", 638),
    ("Ember Law", 701),
    ("Dun Fell", 273),
    ("Curlew Hill", 873),
)


def bar(height: int) -> str:
    """Return a mark for every whole hundred metres."""
    return "#" * (height // 100)


def climb() -> int:
    """Return how many metres the path goes up, from the hill in the west to that in the east."""
    heights = [height for _, height in HILLS]
    return sum(max(0, there - here) for here, there in pairwise(heights))


def minutes() -> int:
    """Return how long the walk takes, by Naismith's rule: so much on the flat, so much upwards."""
    return PATH_KM * 60 // KM_AN_HOUR + climb() // METRES_A_MINUTE


def main() -> None:
    """Print a line for each hill, and three about all of them."""
    for name, height in HILLS:
        print(f"{name:<12}{height:>4} m  {bar(height)}")
    name, height = max(HILLS, key=lambda hill: hill[1])
    mean = sum(height for _, height in HILLS) / len(HILLS)
    print(f"highest: {name}, {height} m")
    print(f"mean: {mean:.1f} m")
    print(f"climb: {climb()} m in {minutes() // 60} h {minutes() % 60} min")


if __name__ == "__main__":
    main()
