"""Optimizers of your own, from NumPy functions or optax; all of them in float64."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from . import _shadowflow
from ._losses import Loss
from ._settings import written
from ._written import Flow, WrittenMethod

Vector = np.ndarray


class Method:
    """An optimizer of which nothing is known but what it does.

    Args:
        step: ``step(eps, batch, gradient, w, state)``, one step of size ``eps`` on the list ``batch`` of minibatches, which
            returns the new w, of shape (d,), and the new state; ``gradient(batch, w)`` is ∇ of the mean of the listed
            minibatches' losses, and may be asked for at any points within the step.
        init: ``init(w)``, the state before the first step from w: an array, a number, None, or tuples, lists and dicts of
            them, in the same form after every step. Without it there is none.
        name: what it is reported as.

    A run that is repeated must repeat itself: whatever changes from step to step belongs in the state.

    >>> def step(eps, batch, gradient, w, v):
    ...     v = 0.9 * v + gradient(batch, w)
    ...     return w - eps * v, v
    >>> heavy = Method(step, lambda w: 0 * w)
    >>> identify(heavy).name
    'heavy-ball'
    """

    def __init__(
        self,
        step: Callable[..., Any],
        init: Callable[[Vector], Any] | None = None,
        *,
        name: str = "method",
    ) -> None:
        for what, function in {"step": step, "init": init}.items():
            if not callable(function) and not (what == "init" and function is None):
                raise TypeError(f"{what} is a function, not a {type(function).__name__}")
        self.name = name
        begin = init or (lambda w: None)

        def flat_init(w: Vector) -> Vector:
            return _flat(begin(w))

        def flat_step(eps: float, batch: list[int], gradient: Any, w: Vector, flat: Vector) -> Any:
            # The form of a state follows from the parameters alone.
            state = _in_form(begin(w), flat)
            stepped = step(eps, batch, gradient, w, state)
            if init is None and isinstance(stepped, np.ndarray):
                return stepped, flat
            if not isinstance(stepped, tuple) or len(stepped) != 2:
                raise ValueError("a step returns two things, the parameters and the state: return w, state")
            return stepped[0], _flat(stepped[1])

        self._native = _shadowflow.NativeMethod(name, flat_init, flat_step, False)

    @classmethod
    def _of(cls, native: Any, name: str) -> "Method":
        made = cls.__new__(cls)
        made.name = name
        made._native = native
        return made

    def __repr__(self) -> str:
        return f"<method {self.name}>"


def _leaves(state: Any) -> list[Any]:
    if state is None:
        return []
    if isinstance(state, dict):
        return [leaf for key in sorted(state) for leaf in _leaves(state[key])]
    if isinstance(state, (list, tuple)):
        return [leaf for part in state for leaf in _leaves(part)]
    return [state]


def _flat(state: Any) -> Vector:
    """All numbers of a state in one row; whole numbers stay what they are up to 2⁵³."""
    leaves = [np.asarray(leaf) for leaf in _leaves(state)]
    for leaf in leaves:
        if leaf.dtype.kind not in "fiub" or (leaf.dtype.kind == "f" and leaf.dtype != np.float64):
            raise TypeError(f"a part of the state is {leaf.dtype}; it must be float64, whole numbers or truth values")
    if not leaves:
        return np.zeros(0)
    return np.concatenate([leaf.astype(float).ravel() for leaf in leaves])


def _in_form(form: Any, flat: Vector) -> Any:
    """The numbers of a row in the form of another state."""
    at = 0

    def filled(part: Any) -> Any:
        nonlocal at
        if part is None:
            return None
        if isinstance(part, dict):
            values = {key: filled(part[key]) for key in sorted(part)}
            return {key: values[key] for key in part}
        if isinstance(part, tuple) and hasattr(part, "_fields"):
            return type(part)(*[filled(one) for one in part])
        if isinstance(part, (list, tuple)):
            return type(part)(filled(one) for one in part)
        leaf = np.asarray(part)
        taken = flat[at : at + leaf.size].reshape(leaf.shape).astype(leaf.dtype)
        at += leaf.size
        return taken if isinstance(part, np.ndarray) else type(part)(taken)

    return filled(form)


def optax(
    make: Callable[[Any], Any],
    *,
    updates: int = 1,
    lookahead: bool = False,
    like: Any = None,
    name: str = "optax",
) -> Method:
    """An optimizer of optax: ``make(lr)`` is its gradient transformation, and lr is the step size ε.

    The step is ``apply_updates(w, update(g, state, w))`` in float64, compiled once, with g the gradient at w.

    Args:
        make: for a learning rate, a ``optax.GradientTransformation``: ``lambda lr: optax.adam(lr, b1=0.5, b2=0.75, eps=0.2)``.
        updates: the number of updates, each with a gradient of its own, that are one step: the ``sync_period`` of
            ``optax.contrib.sam``, whose first gradients are taken on the way to where the last one is.
        lookahead: whether it takes a pair of parameters, as ``optax.lookahead`` does; w are the fast ones, and the slow ones are
            part of the state.
        like: an array, or a pytree of arrays, in whose form it is given the parameters, for one that treats matrices as such; by
            default they are one vector. It runs on losses of as many parameters only: identify it with ``alone=True``.
        name: what it is reported as.

    Raises:
        TypeError: for what is no gradient transformation.
        ValueError: if jax has float64 switched off.
        ImportError: if jax or optax is not installed.
    """
    import jax
    import jax.numpy as jnp
    import optax as library  # type: ignore[import-untyped]
    from jax.flatten_util import ravel_pytree

    if not callable(make):
        raise TypeError(
            f"make is a {type(make).__name__}; give a function of the learning rate: lambda lr: optax.adam(lr)"
        )
    if not jax.config.jax_enable_x64:  # type: ignore[attr-defined]
        raise ValueError(
            "jax computes in float32 here, which hides what is measured; "
            'call jax.config.update("jax_enable_x64", True) before any array is made'
        )
    made = make(0.1)
    if not (hasattr(made, "init") and hasattr(made, "update")):
        raise TypeError(
            f"make returns a {type(made).__name__}; it must return a gradient transformation, with init and update"
        )

    if isinstance(updates, bool) or not isinstance(updates, int):
        raise TypeError(f"updates is a whole number, not a {type(updates).__name__}")
    if not 1 <= updates <= 64:
        raise ValueError(f"updates is from 1 to 64, not {updates}")
    given, in_form = None, None
    if like is not None:
        given, in_form = ravel_pytree(jax.tree_util.tree_map(jnp.asarray, like))
        if given.dtype != np.float64:
            raise TypeError(f"like is {given.dtype}; every parameter must be float64")

    def shaped(w: Any) -> Any:
        if given is None or in_form is None:
            return w
        if w.shape != given.shape:
            raise ValueError(f"like has {given.size} numbers, but the loss has {w.size} parameters")
        return in_form(w)

    def raveled(w: Any) -> Any:
        return ravel_pytree(w)[0]

    def numbers(state: Any) -> Any:
        leaves = jax.tree_util.tree_leaves(state)
        parts = [jnp.ravel(jnp.asarray(leaf)).astype(float) for leaf in leaves]
        return jnp.concatenate(parts) if parts else jnp.zeros(0)

    def form(state: Any, flat: Any) -> Any:
        leaves, tree = jax.tree_util.tree_flatten(state)
        parts, at = [], 0
        for leaf in leaves:
            leaf = jnp.asarray(leaf)
            parts.append(flat[at : at + leaf.size].reshape(leaf.shape).astype(leaf.dtype))
            at += leaf.size
        return jax.tree_util.tree_unflatten(tree, parts)

    def initial(transformation: Any, w: Any) -> Any:
        params = shaped(w)
        if lookahead:
            pair = library.LookaheadParams.init_synced(params)
            return transformation.init(pair), 0 * w
        return transformation.init(params), None

    @jax.jit
    def begun(w: Any) -> Any:
        return numbers(initial(make(0.1), w))

    @jax.jit
    def stepped(eps: Any, g: Any, w: Any, flat: Any) -> Any:
        transformation = make(eps)
        # The slow parameters are kept as what they differ by, which vanishes with the step size: so the memory of a method is
        # the same wherever it is.
        state, behind = form(initial(transformation, w), flat)
        params = library.LookaheadParams(fast=shaped(w), slow=shaped(w + behind)) if lookahead else shaped(w)
        changes, state = transformation.update(shaped(g), state, params)
        params = library.apply_updates(params, changes)
        if lookahead:
            fast = raveled(params.fast)
            return fast, numbers((state, raveled(params.slow) - fast))
        return raveled(params), numbers((state, None))

    def init(w: Vector) -> Vector:
        return np.asarray(begun(w))

    def step(eps: float, g: Vector, w: Vector, flat: Vector) -> Any:
        w, flat = stepped(eps, g, w, flat)
        return np.asarray(w), np.asarray(flat)

    def steps(eps: float, batch: list[int], gradient: Any, w: Vector, flat: Vector) -> Any:
        for _ in range(updates):
            w, flat = step(eps, gradient(batch, w), w, flat)
        return w, flat

    single = updates == 1
    return Method._of(_shadowflow.NativeMethod(name, init, step if single else steps, single), name)


class Identity:
    """What an optimizer was found to be; it prints the sentence of the library.

    Attributes:
        kind: ``"named"``, ``"nearest"`` (a method with a change that is known) or ``"unknown"``.
        name: the name in the register, if it is named; None otherwise.
        method: the name of the method that it is or comes nearest to.
        settings: the settings by name: a ``text`` such as ``"9/10"``, the ``value`` and its ``bar``.
        parts_at: where it parts from the method of that name as it is by default: ``from``, ``step``, ``term`` and ``by``;
            None if it does not.
    """

    def __init__(self, native: _shadowflow.NativeIdentity) -> None:
        self._native = native
        self.kind: str = native.kind
        self.name: str | None = native.name
        self.method: str | None = native.method
        self.settings: dict[str, dict[str, Any]] = {
            name: {"text": text, "value": value, "bar": bar} for name, text, value, bar in native.settings()
        }
        parts = native.parts_at
        self.parts_at: dict[str, Any] | None = (
            None if parts is None else dict(zip(("from", "step", "term", "by"), parts))
        )

    def __str__(self) -> str:
        return str(self._native)

    def __repr__(self) -> str:
        return f"<{self.kind}: {self.method}>"


def identify(method: Method | WrittenMethod, loss: str | Loss | None = None, *, alone: bool = False) -> Identity:
    """Which optimizer of the register a method is, with its settings: from its iterates alone.

    Args:
        method: a method of your own.
        loss: a loss that is held out from the fit, and must show the same.
        alone: whether the method is run on ``loss`` alone, and not on the small problems of the library: for one that
            takes parameters of one shape only.

    Raises:
        ValueError: if the method is no question: it does not repeat itself, ignores the gradient, leaves the numbers,
            raises; the sentence says which.
    """
    _expect_method(method)
    if alone and loss is None:
        raise ValueError("alone means on the loss alone; say which with loss")
    on = loss._native if isinstance(loss, Loss) else loss
    return Identity(_shadowflow.identify_method(method._native, on, alone))


def _expect_method(method: Any) -> None:
    if not isinstance(method, (Method, WrittenMethod)):
        raise TypeError(f"a method of your own is a Method, optax(…) or a WrittenMethod, not a {type(method).__name__}")


def _expect_no_settings(settings: dict[str, Any]) -> None:
    if settings:
        raise TypeError("settings are those of a method by name; your own has them in it")


def tracks(
    method: Method | WrittenMethod | str,
    flow: str | Flow | Callable[[float, float, Vector], Any] | None = None,
    *,
    own_flow: int | None = None,
    order: int = 2,
    local: int | None = None,
    memory: int = 1,
    speed: float = 1.0,
    sampling: str | None = None,
    **settings: Any,
) -> _shadowflow.Theorem:
    """The claim that a method follows a flow, for :func:`check`.

    Args:
        method: a method of your own, or one of the register by name. One that is written over an arithmetic (:func:`method`) is
            proved as well as measured, and fed as the claim says; where one step is claimed, its ``init`` has to begin with a
            memory that has settled.
        flow: the name of a method of the register, whose claimed flow it is, with ``settings``: where something is claimed of
            one step, the memory is settled first; or a field of your own, ``field(eps, t, w)``, the right-hand side of
            dw/dt of shape (d,) in t = nε, for a method that starts as its ``init`` says; or a :class:`Flow`, for a method that is
            written over an arithmetic too.
        own_flow: in the place of ``flow``: so many terms of the flow of its own step. One of your own is identified first, and
            held against the flow of the method that it is, its memory settled at the start.
        order: the order of the error at a fixed time, of a field of your own.
        local: the order of the error of one step, of a field of your own; None for a method with memory.
        memory: the number of steps that the method remembers, 1/(1 − β): ladders are scaled by it.
        speed: the largest ‖dw/dt‖/‖g‖, 1/(1 − β) for momentum: ladders are scaled by it.
        sampling: what feeds a written method that tracks a written flow: ``"random-reshuffling"``, ``"flip-flop"``, …; by default
            it takes the whole loss.
        settings: settings of the method by name, exactly.

    Raises:
        Refused: if no flow is claimed, or if a method of your own is not identified, or follows no one field.
        ValueError, TypeError: for names, settings and orders that do not do.
    """
    if (flow is None) == (own_flow is None):
        raise ValueError("a method tracks a flow: give a name or a field, or own_flow=2")
    if own_flow is not None:
        if isinstance(own_flow, bool) or not isinstance(own_flow, int):
            raise TypeError(f"own_flow is a number of terms, not a {type(own_flow).__name__}")
        if not 1 <= own_flow <= 4:
            raise ValueError(f"own_flow is a number of terms from 1 to 4, not {own_flow}")
        if isinstance(method, str):
            return _shadowflow.tracks_own(method, written(settings), own_flow)
        if isinstance(method, WrittenMethod):
            _expect_no_settings(settings)
            return _shadowflow.written_tracks_own(method._native, own_flow)
        _expect_method(method)
        found = identify(method)
        if found.name is None:
            raise _shadowflow.Refused(f"{method.name} is no method of the register, whose flow could be derived:\n{found}")
        exact = {name: setting["text"] for name, setting in found.settings.items()}
        return _shadowflow.tracks_found(method._native, found.name, written(exact), own_flow)
    if not isinstance(method, str):
        _expect_method(method)
    if isinstance(flow, str):
        if isinstance(method, str):
            raise TypeError("a method by name tracks its own claim: check it by that name, with its settings")
        if isinstance(method, WrittenMethod):
            return _shadowflow.written_tracks_claim(method._native, flow, written(settings))
        return _shadowflow.tracks_claim(method._native, flow, written(settings))
    if not callable(flow) and not isinstance(flow, Flow):
        raise TypeError(f"a flow is a name, a Flow or a function field(eps, t, w), not a {type(flow).__name__}")
    for what, given in {"order": order, "local": local, "memory": memory}.items():
        if given is None and what == "local":
            continue
        if isinstance(given, bool) or not isinstance(given, int):
            raise TypeError(f"{what} is a whole number, not a {type(given).__name__}")
        if not 1 <= given <= 10_000:
            raise ValueError(f"{what} is from 1 to 10000, not {given}")
    if not (speed > 0 and np.isfinite(speed)):
        raise ValueError(f"speed is a number above 0, not {speed}")
    if not isinstance(method, str):
        _expect_no_settings(settings)
    if isinstance(flow, Flow):
        if not isinstance(method, WrittenMethod):
            raise TypeError("a flow that is written over an arithmetic is tracked by a method that is: see sf.method")
        return _shadowflow.written_tracks_flow(method._native, flow._native, local, order, sampling)
    if sampling is not None:
        raise TypeError("a sampling is chosen for a method and a flow that are written over an arithmetic")
    native = method if isinstance(method, str) else method._native
    return _shadowflow.tracks_field(native, written(settings), flow, local, order, memory, float(speed))
