"""Losses of your own, from NumPy functions or jax; all of them in float64."""

from __future__ import annotations

from typing import Any, Callable, Sequence

import numpy as np

from . import _shadowflow

Vector = np.ndarray


class Loss:
    """A finite-sum loss C = (1/m) Σ_k Ĉ_k on ℝᵈ, by functions of your own.

    Each function is given the minibatch k, counted from 0, and vectors of shape (d,) in float64 that are its own to keep or
    to change; what it returns is copied at once. It is called from several threads, one at a time.

    Args:
        start: w₀, of shape (d,).
        gradient: ``gradient(k, w)``, ∇Ĉ_k(w) of shape (d,).
        hessian_vector: ``hessian_vector(k, w, v)``, ∇²Ĉ_k(w) v of shape (d,).
        value: ``value(k, w)``, the number Ĉ_k(w). Without it the gradient is not compared with a value.
        third: ``third(k, w, u, v)``, ∇³Ĉ_k(w)[u, v] of shape (d,), for claims that need it.
        batches: the number m of minibatches.
        batched: whether the functions work on many points at once: then they are given the minibatches as an array k of shape (n,)
            and w, u and v of shape (n, d), and return (n, d), or (n,) for the value. Where the library has many points at hand, it
            asks for them in one call: eight orders of an epoch, all minibatches at a point of a flow.
        name: what it is reported as.

    Raises:
        TypeError, ValueError: for a start or a first answer of another shape or kind, with what is wrong.
        Whatever a function raises when it is called at the start.

    >>> import numpy as np
    >>> def gradient(k, w):
    ...     return np.tanh(w - (0.5, -0.5)[k])
    >>> def hessian_vector(k, w, v):
    ...     return v / np.cosh(w - (0.5, -0.5)[k]) ** 2
    >>> loss = Loss([1.25], gradient=gradient, hessian_vector=hessian_vector, batches=2)
    >>> loss.dim, loss.batches
    (1, 2)
    """

    def __init__(
        self,
        start: Any,
        *,
        gradient: Callable[[int, Vector], Any],
        hessian_vector: Callable[[int, Vector, Vector], Any],
        value: Callable[[int, Vector], Any] | None = None,
        third: Callable[[int, Vector, Vector, Vector], Any] | None = None,
        batches: int = 1,
        batched: bool = False,
        name: str = "loss",
    ) -> None:
        for said, function in {
            "gradient": gradient,
            "hessian_vector": hessian_vector,
            "value": value,
            "third": third,
        }.items():
            optional = said in ("value", "third")
            if not callable(function) and not (optional and function is None):
                raise TypeError(f"{said} is a function, not a {type(function).__name__}")
        if isinstance(batches, bool) or not isinstance(batches, int):
            raise TypeError(f"batches is a whole number, not a {type(batches).__name__}")
        if batches < 1:
            raise ValueError(f"batches is at least 1, not {batches}")
        self._native = _shadowflow.NativeLoss(
            name, _floats(start, "the start"), batches, gradient, hessian_vector, value, third, bool(batched)
        )

    @property
    def name(self) -> str:
        """What it is reported as."""
        return self._native.name

    @property
    def dim(self) -> int:
        """The number d of parameters."""
        return self._native.dim

    @property
    def batches(self) -> int:
        """The number m of minibatches."""
        return self._native.batches

    def __repr__(self) -> str:
        return f"<loss {self.name}: {self.dim} parameters, {self.batches} minibatches>"


def _floats(given: Any, what: str) -> Vector:
    """A vector of real numbers; whole ones that a person has typed are real."""
    array = np.asarray(given)
    if array.dtype.kind in "iu":
        array = array.astype(float)
    if array.dtype != np.float64:
        raise TypeError(f"{what} is {array.dtype}; it must be float64")
    if array.ndim != 1:
        raise ValueError(f"{what} has the shape {array.shape}; it is one row of numbers")
    return array


def jax_loss(
    fn: Callable[[Any, Any], Any], start: Any, batches: Sequence[Any], *, name: str = "jax"
) -> Loss:
    """The loss ``fn(w, batch)``, its derivatives by jax in float64.

    Args:
        fn: a function of the parameters, in the form of ``start``, and one minibatch that returns a number.
        start: the parameters to start from: an array or a pytree of arrays, all of them float64.
        batches: the minibatches, one pytree of arrays each.
        name: what the loss is reported as.

    Raises:
        TypeError: for parameters that are not float64 or a value that is no number.
        ValueError: without minibatches, or if jax has float64 switched off.
        ImportError: if jax is not installed.
    """
    import jax
    import jax.numpy as jnp
    from jax.flatten_util import ravel_pytree

    if not jax.config.jax_enable_x64:  # type: ignore[attr-defined]
        raise ValueError(
            "jax computes in float32 here, which hides what is measured; "
            'call jax.config.update("jax_enable_x64", True) before any array is made'
        )
    batches = [*batches]
    if not batches:
        raise ValueError("there are no minibatches; a loss needs at least 1")
    for path, leaf in jax.tree_util.tree_leaves_with_path(start):
        kind = np.asarray(leaf).dtype
        if kind != np.float64:
            at = jax.tree_util.keystr(path) or "w"
            raise TypeError(f"the parameter {at} is {kind}; every parameter must be float64")
    for k, batch in enumerate(batches):
        if any(np.size(leaf) == 0 for leaf in jax.tree_util.tree_leaves(batch)):
            raise ValueError(f"minibatch {k} is empty; give every minibatch at least one row")
    flat, unravel = ravel_pytree(start)

    def value(w: Any, batch: Any) -> Any:
        return fn(unravel(w), batch)

    shape = jax.eval_shape(value, flat, batches[0])
    if getattr(shape, "shape", None) != () or shape.dtype != np.float64:
        said = f"{shape.dtype} of shape {shape.shape}" if hasattr(shape, "dtype") else type(shape).__name__
        raise TypeError(f"fn returns {said}; it must return one float64 number")

    gradient = jax.grad(value)

    def product(w: Any, v: Any, batch: Any) -> Any:
        return jax.jvp(lambda w: gradient(w, batch), (w,), (v,))[1]

    def third(w: Any, u: Any, v: Any, batch: Any) -> Any:
        return jax.jvp(lambda w: product(w, v, batch), (w,), (u,))[1]

    # Minibatches of one form are one array, of which a call takes its part: one compilation serves all.
    alike = len({str(jax.tree_util.tree_map(np.shape, batch)) for batch in batches}) == 1
    if alike:
        stacked = jax.tree_util.tree_map(lambda *leaves: jnp.stack(leaves), *batches)

        def of(function: Any) -> Any:
            def part(k: Any, *points: Any) -> Any:
                return function(*points, jax.tree_util.tree_map(lambda leaf: leaf[k], stacked))

            # Many points, each with a minibatch of its own, are one call.
            return jax.jit(jax.vmap(part))

    else:

        def of(function: Any) -> Any:
            compiled = jax.jit(function)
            return lambda k, *points: compiled(*points, batches[k])

    calls = {
        "value": of(value),
        "gradient": of(gradient),
        "hessian_vector": of(product),
        "third": of(third),
    }

    def plain(call: Any) -> Any:
        return lambda k, *points: np.asarray(call(k, *points))

    functions = {what: plain(call) for what, call in calls.items()}
    if not alike:
        functions["value"] = lambda k, w: float(calls["value"](k, w))
    return Loss(np.asarray(flat), batches=len(batches), batched=alike, name=name, **functions)

