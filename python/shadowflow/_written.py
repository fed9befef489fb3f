"""Methods and flows written once over an arithmetic: measured, expanded, derived and proved."""

from __future__ import annotations

from typing import Any, Callable, Mapping, overload

import numpy as np

from . import _shadowflow


class WrittenMethod:
    """A method that is known in every arithmetic, made by :func:`method`."""

    def __init__(self, native: _shadowflow.NativeWritten, name: str) -> None:
        self._native = native
        self.name = name

    def __repr__(self) -> str:
        return f"<method {self.name}, in every arithmetic>"


class Flow:
    """A flow that is known in every arithmetic, made by :func:`flow`."""

    def __init__(self, native: _shadowflow.NativeFlow, name: str) -> None:
        self._native = native
        self.name = name

    def __repr__(self) -> str:
        return f"<flow {self.name}, in every arithmetic>"


@overload
def method(step: Callable[..., Any]) -> WrittenMethod: ...
@overload
def method(
    step: None = None,
    *,
    memory: int = 0,
    init: Callable[..., Any] | None = None,
    period: int = 1,
    speed: float = 1.0,
    remembers: int = 1,
    name: str | None = None,
) -> Callable[[Callable[..., Any]], WrittenMethod]: ...
def method(
    step: Callable[..., Any] | None = None,
    *,
    memory: int = 0,
    init: Callable[..., Any] | None = None,
    period: int = 1,
    speed: float = 1.0,
    remembers: int = 1,
    name: str | None = None,
) -> Any:
    """An optimizer written once: ``step(a, eps, batch, state)`` over an arithmetic ``a``, as a decorator.

    The same function is run in numbers, in power series of ε and in exact trees, so that :func:`prove` and :func:`derive` know
    it like a method of the library. It changes ``state.w`` and the vectors of the list ``state.memory``, and returns nothing.
    Vectors are added, subtracted and multiplied by numbers; numbers are ``eps``, exact ratios (whole numbers, fractions, texts
    such as ``"1/3"``, and floats, which stand for the decimal that they print as) and what sums, products and quotients make of
    them. Nothing can be compared or made a float: in series there is nothing to compare.

    What ``a`` offers:

    * ``a.gradient(batch, w)``, ``a.hessian_vector(batch, w, v)``, ``a.derivative(batch, w, u, v, …)``, at any points; a batch is the
      one that the step was given, the number of a minibatch, a list of them, or None for the whole loss, and ``a.batches`` their
      number;
    * ``a.apply("scaled", m, v, stabiliser="1/5", inside=True)``: maps of the library by name: ``square``, ``scaled``, ``factored``,
      ``sign``, ``unit``, ``clip``, ``orthogonal``, ``from_dual``, ``to_dual``, ``ones``; ``a.apply_derivative(…, directions=[(0, v)])``;
    * ``a.faded(beta, state.steps)``, which is βⁿ, ``a.time(eps, state.steps)``, nε, ``a.phase(state.steps, K)``, n mod K, with
      ``state.steps.next()`` for one step more; ``a.count(state.steps)`` is the bare number, which is measured only;
    * ``a.ratio(r)``, ``a.zero()``, ``a.inverse(x)``.

    Args:
        memory: the number of vectors that it remembers, which begin at zero.
        init: ``init(a, eps, w)``, a list of the vectors to begin with instead. What is claimed of one step of a method with memory
            is claimed of a memory that has settled, which this has to give.
        period: the number of steps after which a method that reads ``a.phase`` repeats.
        speed: the largest ‖dw/dt‖/‖g‖, 1/(1 − β) for momentum: ladders are scaled by it.
        remembers: the number of steps that it remembers, 1/(1 − β): ladders are scaled by it.
        name: what it is reported as, by default the name of the function.

    Raises:
        TypeError, ValueError: for a function or numbers that do not do.
        Whatever the step raises when it is run once in series, at once.

    >>> import shadowflow as sf
    >>> @sf.method
    ... def climbing(a, eps, batch, state):
    ...     ahead = state.w + eps / 2 * a.gradient(batch, state.w)
    ...     state.w -= eps * a.gradient(batch, ahead)
    >>> print(sf.derive(climbing, order=2))  # doctest: +ELLIPSIS
    modified field of climbing, in t = nε
    ...
    >>> sf.prove(sf.tracks(climbing, "sam", rho="1/2")).status
    'proved'
    """
    if step is None:
        return lambda function: _method(function, memory, init, period, speed, remembers, name)
    return _method(step, memory, init, period, speed, remembers, name)


def _method(
    step: Any,
    memory: int,
    init: Any,
    period: int,
    speed: float,
    remembers: int,
    name: str | None,
) -> WrittenMethod:
    for what, function in {"step": step, "init": init}.items():
        if not callable(function) and not (what == "init" and function is None):
            raise TypeError(f"{what} is a function, not a {type(function).__name__}")
    for what, given, least in (("memory", memory, 0), ("period", period, 1), ("remembers", remembers, 1)):
        if isinstance(given, bool) or not isinstance(given, int):
            raise TypeError(f"{what} is a whole number, not a {type(given).__name__}")
        if not least <= given <= 10_000:
            raise ValueError(f"{what} is from {least} to 10000, not {given}")
    if not (speed > 0 and np.isfinite(speed)):
        raise ValueError(f"speed is a number above 0, not {speed}")
    name = name or str(getattr(step, "__name__", "method"))
    native = _shadowflow.NativeWritten(name, step, init, memory, period, float(speed), remembers)
    return WrittenMethod(native, name)


def flow(
    terms: Mapping[str, Any] | None = None,
    *,
    start: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Callable[[Callable[..., Any]], Flow]:
    """A flow dw/dt = F(t, w) written once: ``field(a, c, t, w)`` over an arithmetic ``a``, as a decorator.

    Its coefficients are data: controls edit them, and checks recover them from the errors. So the field is given them,
    ``c[i]`` = coefficient · ε^power in the order of ``terms``, and never names them. ``a`` and its vectors are those of
    :func:`method`.

    Args:
        terms: the terms by name, each an exact coefficient of ε, or a pair of a coefficient and a power of ε.
        start: ``start(a, c, w)``, where the flow starts if the iterates start at w.
        name: what it is called, by default the name of the function.

    >>> import shadowflow as sf
    >>> @sf.method
    ... def descent(a, eps, batch, state):
    ...     state.w -= eps * a.gradient(batch, state.w)
    >>> @sf.flow({"gradient penalty": "1/4"})
    ... def penalised(a, c, t, w):
    ...     g = a.gradient(None, w)
    ...     return -g - 2 * c[0] * a.hessian_vector(None, w, g)
    >>> sf.prove(sf.tracks(descent, penalised, local=3)).status
    'proved'
    """
    if callable(terms):
        raise TypeError('name the terms: @sf.flow({"gradient penalty": "1/4"}), or @sf.flow() for none')
    listed = []
    for term, given in dict(terms or {}).items():
        coefficient, power = given if isinstance(given, tuple) else (given, 1)
        if isinstance(power, bool) or not isinstance(power, int) or not 0 <= power <= 8:
            raise ValueError(f"the power of ε of {term} is a whole number from 0 to 8, not {power!r}")
        listed.append((str(term), coefficient, power))

    def made(field: Callable[..., Any]) -> Flow:
        for what, function in {"field": field, "start": start}.items():
            if not callable(function) and not (what == "start" and function is None):
                raise TypeError(f"{what} is a function, not a {type(function).__name__}")
        called = name or str(getattr(field, "__name__", "flow"))
        return Flow(_shadowflow.NativeFlow(listed, field, start), called)

    return made
