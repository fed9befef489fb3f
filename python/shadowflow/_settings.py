"""Settings as the library reads them: exact ratios, switches and orders as text."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from numbers import Integral
from typing import Any


def written(settings: dict[str, Any]) -> list[str]:
    """``{"beta": Fraction(9, 10)}`` as ``["beta=9/10"]``.

    A float stands for the decimal that it prints as: 0.9 is 9/10 exactly.

    Raises:
        TypeError: for a value that is no number, text, truth value or order.
    """
    return [f"{name}={_text(name, value)}" for name, value in settings.items()]


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, Fraction)):
        return str(value)
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, float):
        return format(Decimal(repr(float(value))), "f")
    if isinstance(value, (list, tuple)) and all(isinstance(k, Integral) for k in value):
        return ",".join(str(int(k)) for k in value)
    raise TypeError(
        f"{name} is a {type(value).__name__}; a setting is a number, a Fraction, a text such as '1/2', "
        "True or False, or an order such as [2, 0, 1]"
    )
