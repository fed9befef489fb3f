"""Optimizers of one's own, from NumPy functions."""

import numpy as np
import pytest

import shadowflow as sf


def heavy_ball(beta=0.5):
    def step(eps, batch, gradient, w, v):
        v = beta * v - eps * gradient(batch, w)
        return w + v, v

    return sf.Method(step, lambda w: 0 * w, name="mine")


def test_a_method_is_named_with_its_settings():
    found = sf.identify(heavy_ball(0.9))
    assert (found.kind, found.name) == ("named", "heavy-ball")
    assert found.settings["beta"]["text"] == "9/10" and found.settings["beta"]["bar"] < 1e-10
    assert str(found).startswith("heavy-ball with beta = 9/10")


def test_a_loss_of_ones_own_is_held_out():
    loss = sf.Loss(
        [1.0, -0.5],
        gradient=lambda k, w: np.tanh(w) + 0.1 * w,
        hessian_vector=lambda k, w, v: v / np.cosh(w) ** 2 + 0.1 * v,
    )
    assert sf.identify(heavy_ball(), loss).name == "heavy-ball"
    assert sf.identify(heavy_ball(), loss, alone=True).method == "heavy-ball"


def test_a_known_mistake_is_named():
    def adam(eps, batch, gradient, w, state):
        m, v, n = state
        g = gradient(batch, w)
        m, v, n = 0.5 * m + 0.5 * g, 0.75 * v + 0.25 * g * g, n + 1
        return w - eps * (m / (1 - 0.5**n)) / (np.sqrt(v) + 0.2), (m, v, n)

    found = sf.identify(sf.Method(adam, lambda w: (0 * w, 0 * w, 0)))
    assert found.kind == "nearest" and found.name is None and found.method == "adam"
    assert "bias correction" in found.parts_at["term"] and found.parts_at["step"] == 1


def test_its_field_is_that_of_the_register_within_the_bars():
    field = sf.derive(heavy_ball(), "factorisation", order=2)
    exact = sf.derive("heavy-ball", "factorisation", order=2, beta="1/2").fields
    off = np.abs(field.fields - exact)
    assert (off <= field.bars).all() and (off < 1e-6 * np.abs(exact).max()).all()
    assert (field.bars[0] < 1e-8).all() and field.to_dict()["burn_in"] > 20
    assert str(field).startswith("modified field of mine, in t = nε\non factorisation at w = (1.25, 0.75), measured")


def test_what_remembers_for_ever_is_refused_with_its_reason():
    def adagrad(eps, batch, gradient, w, s):
        g = gradient(batch, w)
        s = s + g * g
        return w - eps * g / np.sqrt(s), s

    with pytest.raises(sf.Refused, match="the memory does not fade|go on changing"):
        sf.derive(sf.Method(adagrad, lambda w: 0 * w), "factorisation")


def adam():
    def step(eps, batch, gradient, w, state):
        m, v, n = state
        g = gradient(batch, w)
        m, v, n = 0.5 * m + 0.5 * g, 0.75 * v + 0.25 * g * g, n + 1
        return w - eps * (m / (1 - 0.5**n)) / (np.sqrt(v / (1 - 0.75**n)) + 0.2), (m, v, n)

    return sf.Method(step, lambda w: (0 * w, 0 * w, 0), name="adam of NumPy")


def test_a_method_tracks_a_claim_of_the_register_and_not_another():
    exact = dict(beta1="1/2", stabiliser="1/5", inside=False)
    right = sf.check(sf.tracks(adam(), "adam", beta2="3/4", **exact), loss="factorisation", budget=None)
    right.assert_confirmed()
    wrong = sf.check(sf.tracks(adam(), "adam", beta2="4/5", **exact), loss="factorisation", budget=None)
    assert wrong.verdict == "refuted", wrong


def test_a_method_tracks_its_own_flow():
    outcome = sf.check(sf.tracks(adam(), own_flow=2), loss="factorisation", budget=None)
    outcome.assert_confirmed()
    assert outcome.orders["claimed"].tolist() == [3, 2]


def test_a_method_without_corrections_starts_from_a_past_that_is_found():
    # From rest it would be off at ε: its memory is that of a run which comes to the start.
    outcome = sf.check(sf.tracks(heavy_ball(), own_flow=2), loss="factorisation", budget=None)
    outcome.assert_confirmed()
    assert np.abs(outcome.orders["measured"] - [3, 2]).max() < 0.01


def test_a_method_by_name_tracks_its_own_flow():
    sf.check(sf.tracks("lion", own_flow=2), loss="factorisation", budget=None).assert_confirmed()


def test_a_field_of_ones_own_is_checked():
    # Descent on ½ Σ aᵢ wᵢ² follows −a w − (ε/2) a² w.
    a = np.array([1.0, 0.5])
    loss = sf.Loss([1.0, -0.5], gradient=lambda k, w: a * w, hessian_vector=lambda k, w, v: a * v)
    descent = sf.Method(lambda eps, batch, gradient, w, s: (w - eps * gradient(batch, w), s))
    right = sf.tracks(descent, lambda eps, t, w: -a * w - eps / 2 * a * a * w, order=2, local=3)
    sf.check(right, loss=loss).assert_confirmed()
    wrong = sf.tracks(descent, lambda eps, t, w: -a * w + eps / 2 * a * a * w, order=2, local=3)
    assert sf.check(wrong, loss=loss).verdict == "refuted"


def raising(**other):
    def step(eps, batch, gradient, w, s):
        if "step" in other:
            return other["step"](eps, batch, gradient, w, s)
        return w - eps * gradient(batch, w), s

    return sf.Method(step, other.get("init", lambda w: 0 * w))


@pytest.mark.parametrize(
    "other, sentence",
    [
        (dict(step=lambda e, b, g, w, s: 1 / 0), "ZeroDivisionError"),
        (dict(step=lambda e, b, g, w, s: (w[:1], s)), "has 1 numbers"),
        (dict(step=lambda e, b, g, w, s: (w.astype(np.float32), s)), "float32"),
        (dict(step=lambda e, b, g, w, s: w), "return w, state"),
        (dict(step=lambda e, b, g, w, s: (w - e * g(b, w), s[:1])), "changes the size of its state"),
        (dict(step=lambda e, b, g, w, s: (w - e * g([99], w), s)), "of which there are"),
        (dict(step=lambda e, b, g, w, s: (w - e * g(b, w[:1]), s)), "asks for the gradient at 1 numbers"),
        (dict(step=lambda e, b, g, w, s: (w + np.nan, s)), "no finite number"),
        (dict(step=lambda e, b, g, w, s: (w - e * w, s)), "do not depend on the gradient"),
        (dict(step=lambda e, b, g, w, s: (w - e * g(b, w) * np.random.rand(), s)), "something else the second time"),
        (dict(init=lambda w: "empty"), "the state"),
        (dict(init=lambda w: w * 1j), "complex128"),
        (dict(init=lambda w: [][0]), "IndexError"),
    ],
)
def test_what_is_wrong_with_a_method_is_said(other, sentence):
    with pytest.raises((ValueError, TypeError, IndexError)) as raised:
        sf.identify(raising(**other))
    assert sentence in str(raised.value), raised.value


def test_the_gradient_is_none_outside_of_its_step():
    kept = []

    def step(eps, batch, gradient, w, s):
        kept.append(gradient)
        return w - eps * gradient(batch, w), s

    assert sf.identify(sf.Method(step)).name == "gradient-descent"
    with pytest.raises(RuntimeError, match="only within the step"):
        kept[0]([0], np.zeros(2))


def test_an_exception_in_a_field_is_the_verdict():
    descent = sf.Method(lambda eps, batch, gradient, w, s: (w - eps * gradient(batch, w), s))

    def field(eps, t, w):
        raise ValueError("no field")

    outcome = sf.check(sf.tracks(descent, field), loss="factorisation")
    assert outcome.verdict == "inconclusive" and "the field raised ValueError: no field" in outcome.reason
