"""Losses from jax: derivatives in float64, and what is refused."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)
jnp = jax.numpy

import shadowflow as sf  # noqa: E402


def net():
    """A tanh net of 61 parameters on twelve points, three minibatches."""
    random = np.random.default_rng(0)
    x = random.normal(size=(12, 4))
    y = np.sin(x.sum(axis=1))
    start = {
        "in": 0.5 * random.normal(size=(4, 10)),
        "bias": 0.1 * random.normal(size=10),
        "out": 0.5 * random.normal(size=10),
        "shift": np.array(0.1),
    }

    def loss(p, batch):
        x, y = batch
        return 0.5 * jnp.mean((jnp.tanh(x @ p["in"] + p["bias"]) @ p["out"] + p["shift"] - y) ** 2)

    return loss, start, [(x[k::3], y[k::3]) for k in range(3)]


def test_a_built_in_theorem_holds_on_a_jax_net():
    loss = sf.jax_loss(*net(), name="net")
    assert (loss.dim, loss.batches) == (61, 3)
    outcome = sf.check("random-reshuffling", loss=loss)
    outcome.assert_confirmed()
    assert abs(outcome.coefficients["recovered"][0] - 0.25) < 1e-5


def test_its_third_derivative_is_known():
    loss = sf.jax_loss(lambda w, b: jnp.sum(jnp.log(jnp.cosh(w - b))), np.array([1.25, -0.5, 0.75, 0.1]), [0.5, -0.5])
    outcome = sf.check("three-terms", loss=loss)
    outcome.assert_confirmed()
    assert any("T[" in term for term in outcome.coefficients["term"]), outcome


def test_minibatches_of_different_sizes_do():
    fn = lambda w, x: jnp.mean(jnp.log(jnp.cosh(x @ w)))
    random = np.random.default_rng(1)
    loss = sf.jax_loss(fn, np.array([0.5, 1.0]), [random.normal(size=(n, 2)) for n in (2, 3, 4)])
    sf.check("implicit-gradient-regularization", loss=loss).assert_confirmed()


def ask(start=None, batches=None, fn=None):
    other, at, parts = net()
    return sf.jax_loss(fn or other, at if start is None else start, parts if batches is None else batches)


@pytest.mark.parametrize(
    "make, kind, sentence",
    [
        (lambda: ask(start={"in": np.ones(2), "count": np.array([1, 2])}), TypeError, "the parameter ['count'] is int64"),
        (lambda: ask(start=np.ones(2, dtype=np.float32)), TypeError, "is float32"),
        (lambda: ask(start=np.ones(2) * 1j), TypeError, "is complex128"),
        (lambda: ask(batches=[]), ValueError, "there are no minibatches"),
        (lambda: ask(batches=[(np.zeros((0, 4)), np.zeros(0))]), ValueError, "minibatch 0 is empty"),
        (lambda: ask(fn=lambda p, b: p["out"]), TypeError, "it must return one float64 number"),
        (lambda: ask(fn=lambda p, b: jnp.float32(1.0) * p["shift"].astype(jnp.float32)), TypeError, "float32"),
        (lambda: ask(fn=lambda p, b: 3), TypeError, "fn returns"),
        (lambda: ask(fn=lambda p: 3.0), TypeError, "positional argument"),
        (lambda: ask(fn=lambda p, b: p["nothing"]), KeyError, "nothing"),
        (lambda: sf.jax_loss(lambda w, b: jnp.sum(w), np.array([1.0, np.inf]), [0.0]), ValueError, "inf"),
    ],
)
def test_what_does_not_fit_is_said(make, kind, sentence):
    with pytest.raises(kind) as raised:
        make()
    assert sentence in str(raised.value), raised.value


def test_float32_switched_on_is_refused_with_what_to_do():
    jax.config.update("jax_enable_x64", False)
    try:
        with pytest.raises(ValueError, match="jax_enable_x64"):
            ask()
        with pytest.raises(ValueError, match="jax_enable_x64"):
            sf.optax(lambda lr: None)
    finally:
        jax.config.update("jax_enable_x64", True)


def test_single_precision_inside_of_fn_is_found():
    fn, start, batches = net()

    def coarse(p, batch):
        x, y = batch
        hidden = jnp.tanh((x @ p["in"] + p["bias"]).astype(jnp.float32)).astype(jnp.float64)
        return 0.5 * jnp.mean((hidden @ p["out"] + p["shift"] - y) ** 2)

    outcome = sf.check("implicit-gradient-regularization", loss=sf.jax_loss(coarse, start, batches))
    assert outcome.verdict == "inconclusive" and "digits" in outcome.reason, outcome
