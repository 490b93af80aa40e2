"""How far texts agree."""

from __future__ import annotations


def agreement(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginnings.

    >>> agreement("abcd", "abxd"), agreement("ab", "abc"), agreement("", "a")
    (2, 2, 0)
    """
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
