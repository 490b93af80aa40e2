"""Comparing and showing classes that hold arrays."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def same(left: DataclassInstance, right: object) -> bool:
    """Whether two instances of one dataclass hold equal fields, arrays compared by type, shape and values."""
    if type(left) is not type(right):
        return False
    return all(_equal(getattr(left, f.name), getattr(right, f.name)) for f in fields(left) if f.compare)


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return left.dtype == right.dtype and np.array_equal(left, right)
    return bool(left == right)
