"""Whatever is wrong is one sentence of the fitting class; no panic crosses the border."""

import numpy as np
import pytest

import shadowflow as sf

ASKED = [
    (lambda: sf.check("random-reshufling", loss="mlp"), ValueError, "did you mean 'random-reshuffling'"),
    (lambda: sf.check("random-reshuffling", loss="mpl"), ValueError, "did you mean 'mlp'"),
    (lambda: sf.check(3), TypeError, "a theorem is a name or Theorem, not a int"),
    (lambda: sf.check("random-reshuffling", loss=3.5), TypeError, "a loss is a name or Loss, not a float"),
    (lambda: sf.check([], loss="mlp"), ValueError, "no theorem is given"),
    (lambda: sf.check("nesterov", loss="mlp", beta=2), ValueError, "out of range"),
    (lambda: sf.check("nesterov", loss="mlp", gamma=2), ValueError, "it takes beta=1/2"),
    (lambda: sf.check("nesterov", loss="mlp", beta="a half"), ValueError, "is not a ratio"),
    (lambda: sf.check("nesterov", loss="mlp", beta=1j), TypeError, "a setting is a number"),
    (lambda: sf.check("nesterov", loss="mlp", beta=float("nan")), ValueError, "is not a ratio"),
    (lambda: sf.check("gradient-flow", loss="mlp", horizon=-1.0), ValueError, "a horizon is a finite time above 0"),
    (lambda: sf.check("gradient-flow", loss="mlp", horizon="long"), TypeError, "horizon"),
    (lambda: sf.check("gradient-flow", loss="mlp", seed=1.5), TypeError, "a seed is a whole number"),
    (lambda: sf.check("gradient-flow", loss="mlp", seed=-1), ValueError, "a seed is a whole number from 0"),
    (lambda: sf.check("gradient-flow", loss="mlp", budget=-1.0), ValueError, "a budget is a time"),
    (lambda: sf.check("gradient-flow", loss="mlp", batches=0), ValueError, "batches is at least 1"),
    (lambda: sf.check("gradient-flow", loss="mlp", batches=10**6), ValueError, "minibatches"),
    (lambda: sf.check("gradient-flow", loss="mlp", threads=0), ValueError, "threads is at least 1"),
    (lambda: sf.check("gradient-flow", loss="mlp", data="x.csv"), ValueError, "data and target go together"),
    (lambda: sf.check("gradient-flow", loss="mlp", data="none.csv", target="y"), ValueError, "cannot read the table"),
    (lambda: sf.check("random-reshuffling", loss="mlp", sabotage="omit x"), ValueError, "there are omit batch penalty"),
    (lambda: sf.check("feedback", loss="mlp"), (sf.Refused, ValueError), ""),
    (lambda: sf.prove("random"), ValueError, "there is no theorem 'random'"),
    (lambda: sf.prove("random-reshuffling", sabotage="x"), ValueError, "there is no control 'x'"),
    (lambda: sf.derive("lionn"), ValueError, "did you mean 'lion'"),
    (lambda: sf.derive("lion", order=0), ValueError, "order is at least 1"),
    (lambda: sf.derive("lion", order=40), sf.Refused, ""),
    (lambda: sf.derive("lion", at=[1.0, 2.0]), ValueError, "say which with loss"),
    (lambda: sf.derive("lion", "factorisation", at=[1.0]), sf.Refused, "has 1 coordinates"),
    (lambda: sf.derive("lion", sampling="none"), ValueError, "there is no sampling 'none'"),
    (lambda: sf.derive(sf), TypeError, "a method is a name, a Method or a WrittenMethod"),
]


@pytest.mark.parametrize("ask, kind, sentence", ASKED)
def test_what_is_wrong_is_said(ask, kind, sentence):
    with pytest.raises(kind) as raised:
        ask()
    said = str(raised.value)
    assert sentence in said and said.strip() and "panicked" not in said


def tanh(**other):
    parts = {
        "gradient": lambda k, w: np.tanh(w),
        "hessian_vector": lambda k, w, v: v / np.cosh(w) ** 2,
        "value": lambda k, w: float(np.log(np.cosh(w)).sum()),
    }
    return sf.Loss(**{"start": [1.0, -0.5], **parts, **other})


MADE = [
    (dict(start=[[1.0, 2.0]]), ValueError, "has the shape (1, 2)"),
    (dict(start=[]), ValueError, "the start is empty"),
    (dict(start=[1.0, float("nan")]), ValueError, "entry 1 of the start is NaN"),
    (dict(start=[1.0, float("inf")]), ValueError, "entry 1 of the start is inf"),
    (dict(start=np.array([1, 2], dtype=np.float32)), TypeError, "float32"),
    (dict(start=[1j, 2.0]), TypeError, "complex128"),
    (dict(start=["a", "b"]), TypeError, "must be float64"),
    (dict(batches=0), ValueError, "batches is at least 1"),
    (dict(batches=2.0), TypeError, "batches is a whole number"),
    (dict(gradient=None), TypeError, "gradient is a function"),
    (dict(hessian_vector=3), TypeError, "hessian_vector is a function"),
    (dict(gradient=lambda k, w: np.tanh(w)[:1]), ValueError, "has 1 numbers, but there are 2 parameters"),
    (dict(gradient=lambda k, w: np.tanh(w).reshape(1, 2)), ValueError, "shape [1, 2]"),
    (dict(gradient=lambda k, w: np.tanh(w).astype(np.float32)), TypeError, "jax_enable_x64"),
    (dict(gradient=lambda k, w: np.array([1, 2])), TypeError, "int64"),
    (dict(gradient=lambda k, w: np.tanh(w) * 1j), TypeError, "complex128"),
    (dict(gradient=lambda k, w: None), (TypeError, ValueError), "gradient"),
    (dict(gradient=lambda k: 0), TypeError, "positional argument"),
    (dict(value=lambda k, w: "high"), TypeError, "what the value returns is a str"),
    (dict(value=lambda k, w: np.tanh(w)), TypeError, "what the value returns"),
]


@pytest.mark.parametrize("other, kind, sentence", MADE)
def test_a_loss_that_does_not_fit_is_not_made(other, kind, sentence):
    with pytest.raises(kind) as raised:
        tanh(**other)
    assert sentence in str(raised.value), raised.value


@pytest.mark.parametrize(
    "ask, kind, sentence",
    [
        (lambda m: sf.identify("adam"), TypeError, "a method of your own is"),
        (lambda m: sf.identify(m, alone=True), ValueError, "say which with loss"),
        (lambda m: sf.identify(m, "nowhere"), ValueError, "there is no problem 'nowhere'"),
        (lambda m: sf.tracks(m), ValueError, "a method tracks a flow"),
        (lambda m: sf.tracks(m, "adamm"), ValueError, "did you mean 'adam'"),
        (lambda m: sf.tracks(m, 3), TypeError, "a flow is a name, a Flow or a function"),
        (lambda m: sf.tracks(m, "adam", beta1=2), ValueError, "out of range"),
        (lambda m: sf.tracks(m, own_flow=9), ValueError, "from 1 to 4"),
        (lambda m: sf.tracks(m, own_flow=1.5), TypeError, "a number of terms"),
        (lambda m: sf.tracks(m, lambda eps, t, w: -w, order=0), ValueError, "order is from 1"),
        (lambda m: sf.tracks(m, lambda eps, t, w: -w, speed=0), ValueError, "speed is a number above 0"),
        (lambda m: sf.derive(m), ValueError, "say which with loss"),
        (lambda m: sf.derive(m, "factorisation", order=9), sf.Refused, "from 1 to 3"),
        (lambda m: sf.derive(m, "factorisation", at=[1.0]), sf.Refused, "the point has 1 coordinates"),
        (lambda m: sf.Method(3), TypeError, "step is a function"),
        (lambda m: sf.Method(lambda: 0, 3), TypeError, "init is a function"),
    ],
)
def test_a_question_about_a_method_that_is_none(ask, kind, sentence):
    method = sf.Method(lambda eps, batch, gradient, w, state: (w - eps * gradient(batch, w), state))
    with pytest.raises(kind) as raised:
        ask(method)
    assert sentence in str(raised.value), raised.value
