"""Checked theorems about optimizers, and whether yours is what it says it is.

    >>> import shadowflow as sf
    >>> outcome = sf.check("random-reshuffling", loss="quadratic")
    >>> outcome.verdict
    'confirmed'

Everything that is found, and every sentence about it, is the library's; nothing is computed or formatted here.
"""

from __future__ import annotations

from typing import Any, Sequence

from . import _shadowflow
from ._losses import Loss, jax_loss
from ._methods import Identity, Method, identify, optax, tracks
from ._outcome import Field, Outcome, Outcomes, Proof
from ._settings import written as _written
from ._shadowflow import Refused, Theorem, __version__
from ._written import Flow, WrittenMethod, flow, method

__all__ = [
    "Field",
    "Flow",
    "Identity",
    "Loss",
    "Method",
    "Outcome",
    "Outcomes",
    "Proof",
    "Refused",
    "Theorem",
    "WrittenMethod",
    "check",
    "derive",
    "flow",
    "identify",
    "jax_loss",
    "list",
    "losses",
    "method",
    "methods",
    "optax",
    "prove",
    "theorems",
    "tracks",
]

def check(
    theorem: str | Theorem | Sequence[str | Theorem] | None = None,
    loss: str | Loss | Sequence[str | Loss] | None = None,
    *,
    data: str | None = None,
    target: str | None = None,
    batches: int | None = None,
    horizon: float | None = None,
    seed: int = 1,
    sabotage: str | None = None,
    taylor: bool = False,
    budget: float | None = 30.0,
    threads: int | None = None,
    **settings: Any,
) -> Any:
    """Checks theorems on losses: the same as ``shadowflow check``.

    Args:
        theorem: a theorem by name, one of your own (:func:`tracks`), several of them, or None for the whole catalogue.
        loss: a loss by name, one of your own (:class:`Loss`, :func:`jax_loss`), several, or None for those on which each
            theorem is checked by default.
        data: a CSV table for the losses that use one; its column ``target`` is predicted.
        batches: the number of minibatches of losses by name.
        horizon: the fixed time T of global legs, by default chosen from the loss.
        seed: the seed of everything random.
        sabotage: a control to be checked in the claim's place, such as ``"omit batch penalty"``.
        taylor: whether reference flows are checked by Taylor's method on large losses too.
        budget: the processor time in seconds that a check may be foreseen to take; None for any.
        threads: the number of threads, by default one a core; results do not depend on it.
        settings: settings of the method of the theorem's name, exactly: ``beta="9/10"``, ``beta=0.9``.

    Returns:
        One :class:`Outcome` for one theorem on one loss, otherwise :class:`Outcomes`.

    Raises:
        Refused: if the theorems say nothing about these losses.
        ValueError: for names, settings and numbers that do not do, with what would.
        TypeError: for what is neither a name nor a theorem or a loss.
        KeyboardInterrupt: within a second of Ctrl-C.

    >>> outcome = check("implicit-gradient-regularization", loss="factorisation")
    >>> outcome.assert_confirmed()
    >>> outcome.coefficients["claimed"].tolist()
    [0.25]
    """
    if (data is None) != (target is None):
        raise ValueError("data and target go together: a CSV file, and the column of it that is predicted")
    theorems = _several("theorem", theorem, (str, Theorem))
    losses = _several("loss", loss, (str, Loss))
    found, skipped = _shadowflow.check(
        theorems,
        [on if isinstance(on, str) else on._native for on in losses],
        _written(settings),
        data=None if data is None or target is None else (str(data), str(target)),
        batches=_count("batches", batches),
        horizon=_number("horizon", horizon),
        seed=_seed(seed),
        sabotage=_text("sabotage", sabotage),
        taylor=bool(taylor),
        budget=_number("budget", budget),
        threads=_count("threads", threads),
    )
    outcomes = [Outcome(one) for one in found]
    single = (str, Theorem, Loss)
    if isinstance(theorem, single) and isinstance(loss, single) and len(outcomes) == 1:
        return outcomes[0]
    return Outcomes(outcomes, skipped)


def prove(theorem: str | Theorem, *, sabotage: str | None = None, **settings: Any) -> Proof:
    """Compares a theorem in exact series, tree by tree: the same as ``shadowflow prove``.

    Raises:
        ValueError: for a name, a control or a setting that there is not.

    >>> prove("random-reshuffling").status
    'proved'
    """
    (one,) = _several("theorem", theorem, (str, Theorem))
    return Proof(_shadowflow.prove(one, _written(settings), _text("sabotage", sabotage)))


def derive(
    method: Any,
    loss: str | Loss | None = None,
    *,
    at: Sequence[float] | None = None,
    order: int | None = None,
    sampling: str | None = None,
    batches: int | None = None,
    seed: int = 1,
    **settings: Any,
) -> Field:
    """The modified field of a method: the same as ``shadowflow derive``.

    Args:
        method: a method by name or one that is written over an arithmetic (:func:`method`), in exact rationals without a loss
            and to some twenty digits with one; or one of your own that is a black box, or any on a loss of your own: then its
            field is measured from its iterates on the loss, with bars.
        loss: the loss at whose start, or at the point ``at``, the field is given in numbers.
        at: the coordinates of another point.
        order: the number of terms; of a tree, the largest number of nodes. By default 4, in numbers 3.
        sampling: what feeds the method, by default what the register says.
        batches: the number of minibatches.
        settings: settings of the method, exactly.

    Raises:
        Refused: if there is no such field, with the reason.
        ValueError: for names and settings that do not do.

    >>> print(derive("gradient-descent", order=2))  # doctest: +ELLIPSIS
    modified field of gradient-descent, decay = 0, l2 = 0, in t = nε
    ...
    """
    if at is not None and loss is None:
        raise ValueError("at is a point of a loss; say which with loss")
    on = None if loss is None else _several("loss", loss, (str, Loss))[0]
    point = None if at is None else [float(x) for x in at]
    native = on if on is None or isinstance(on, str) else on._native
    order = _count("order", order)
    if isinstance(method, Method):
        if native is None:
            raise ValueError("the field of a method of your own is measured on a loss; say which with loss")
        if settings or sampling is not None:
            raise TypeError("a method of your own has its settings in it, and is fed the whole loss")
        return Field(_shadowflow.derive_method(method._native, native, point, order or 2))
    if isinstance(method, WrittenMethod):
        if settings:
            raise TypeError("a method of your own has its settings in it")
        if isinstance(on, Loss) and sampling is None:
            return Field(_shadowflow.derive_method(method._native, on._native, point, order or 2))
    elif not isinstance(method, str):
        raise TypeError(f"a method is a name, a Method or a WrittenMethod, not a {type(method).__name__}")
    return Field(
        _shadowflow.derive(
            method if isinstance(method, str) else method._native,
            _written(settings),
            loss=native,
            sampling=_text("sampling", sampling),
            batches=_count("batches", batches),
            seed=_seed(seed),
            at=point,
            order=order,
        )
    )


def theorems() -> dict[str, dict[str, Any]]:
    """The theorems of the catalogue by identifier: what each ``states``, its ``orders``, ``source`` and ``losses``."""
    return {
        name: {"states": states, "orders": orders, "source": source, "losses": on}
        for name, states, orders, source, on in _shadowflow.theorems()
    }


def losses() -> dict[str, str]:
    """The losses by name, with what each is."""
    return dict(_shadowflow.losses())


def methods() -> dict[str, dict[str, Any]]:
    """The methods by name: the ``settings`` of each with default and range, and the ``sampling`` that feeds it."""
    return {
        name: {
            "settings": {key: {"default": default, "wanted": wanted} for key, default, wanted in settings},
            "sampling": sampling,
        }
        for name, settings, sampling in _shadowflow.methods_listed()
    }


def list() -> dict[str, Any]:  # noqa: A001 - the name of the command
    """All that there is by name: ``theorems``, ``losses`` and ``methods``."""
    return {"theorems": theorems(), "losses": losses(), "methods": methods()}


def _several(what: str, given: Any, kinds: tuple[type, ...]) -> Any:
    """One or several things of these kinds, as a list."""
    if given is None:
        return []
    if isinstance(given, kinds):
        return [given]
    try:
        several = [*given]
    except TypeError:
        several = [given]
    for one in several:
        if not isinstance(one, kinds):
            own = " or ".join(kind.__name__ if kind is not str else "a name" for kind in kinds)
            raise TypeError(f"a {what} is {own}, not a {type(one).__name__}")
    if not several:
        raise ValueError(f"no {what} is given; leave {what} out for all of them")
    return several


def _count(what: str, given: Any) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int):
        raise TypeError(f"{what} is a whole number, not a {type(given).__name__}")
    if given < 1:
        raise ValueError(f"{what} is at least 1, not {given}")
    return given


def _number(what: str, given: Any) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise TypeError(f"{what} is a number, not a {type(given).__name__}")
    return float(given)


def _text(what: str, given: Any) -> str | None:
    if given is not None and not isinstance(given, str):
        raise TypeError(f"{what} is a name, not a {type(given).__name__}")
    return given


def _seed(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise TypeError(f"a seed is a whole number, not a {type(given).__name__}")
    if not 0 <= given < 2**64:
        raise ValueError(f"a seed is a whole number from 0 to 18446744073709551615, not {given}")
    return given
