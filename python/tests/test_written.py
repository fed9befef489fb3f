"""Methods and flows written once in Python, over an arithmetic: the same code measured, expanded, derived and proved."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import shadowflow as sf

HALF = Fraction(1, 2)


@sf.method(name="mine")
def descent(a, eps, batch, state):
    state.w -= eps * a.gradient(batch, state.w)


def settled(c):
    """The velocity on the slow manifold, −2ε g − c ε² H g."""

    def init(a, eps, w):
        g = a.gradient(None, w)
        return [-2 * eps * g - c * eps**2 * a.hessian_vector(None, w, g)]

    return init


@sf.method(memory=1, init=settled(8), speed=2.0, remembers=2)
def heavy_ball(a, eps, batch, state):
    (v,) = state.memory
    v = HALF * v - eps * a.gradient(batch, state.w)
    state.w, state.memory = state.w + v, [v]


@sf.method(memory=1, init=settled(6), speed=2.0, remembers=2)
def nesterov(a, eps, batch, state):
    ahead = state.memory[0] * HALF
    state.memory[0] = ahead - eps * a.gradient(batch, state.w + ahead)
    state.w += state.memory[0]


@sf.method(memory=1)
def ball_from_rest(a, eps, batch, state):
    velocity = state.memory[0] / 2 - eps * a.gradient(batch, state.w)
    state.w, state.memory = state.w + velocity, [velocity]


@sf.method(memory=1)
def nesterov_from_rest(a, eps, batch, state):
    ahead = state.memory[0] / 2
    velocity = ahead - eps * a.gradient(batch, state.w + ahead)
    state.w, state.memory = state.w + velocity, [velocity]


@sf.method
def sam(a, eps, batch, state):
    ahead = state.w + eps / 2 * a.gradient(batch, state.w)
    state.w = state.w - eps * a.gradient(batch, ahead)


@sf.method(memory=2, speed=5.0, remembers=4)
def adam(a, eps, batch, state):
    m, v = state.memory
    g = a.gradient(batch, state.w)
    m, v = (m + g) / 2, 0.75 * v + 0.25 * a.apply("square", g)
    n = state.steps.next()
    hat = m / (1 - a.faded("1/2", n))
    second = v * a.inverse(1 - a.faded(0.75, n))
    state.w -= eps * a.apply("scaled", hat, second, stabiliser="1/5", inside=False)
    state.memory = [m, v]


ADAM = dict(beta1="1/2", beta2="3/4", stabiliser="1/5", inside=False)

# A method, the same of the register with its settings, and an order up to which all trees are compared.
WRITTEN = [
    (descent, "gradient-descent", {}, 5),
    (heavy_ball, "heavy-ball", dict(beta="1/2"), 4),
    (nesterov, "nesterov", dict(beta="1/2"), 4),
    (sam, "sam", dict(rho="1/2"), 5),
    (adam, "adam", ADAM, 3),
]
NAMES = [row[1] for row in WRITTEN]


@pytest.mark.parametrize("written, name, settings, order", WRITTEN, ids=NAMES)
def test_its_exact_field_is_that_of_the_register(written, name, settings, order):
    mine, theirs = sf.derive(written, order=order), sf.derive(name, order=order, **settings)
    assert mine.to_dict()["rows"] == theirs.to_dict()["rows"]
    assert len(mine.to_dict()["rows"]) >= order
    # With another coefficient it is another field.
    other = {"gradient-descent": ("heavy-ball", dict(beta="1/3"))}.get(name)
    changed = {"heavy-ball": dict(beta="1/3"), "nesterov": dict(beta="1/3"), "sam": dict(rho="1/3"), "adam": {**ADAM, "beta1": "1/3"}}
    name, settings = other or (name, changed[name])
    assert mine.to_dict()["rows"] != sf.derive(name, order=order, **settings).to_dict()["rows"]


@pytest.mark.parametrize("written, name, settings, order", WRITTEN, ids=NAMES)
def test_its_field_in_jets_is_that_of_the_register(written, name, settings, order):
    mine = sf.derive(written, "factorisation", order=3).fields
    theirs = sf.derive(name, "factorisation", order=3, **settings).fields
    assert np.abs(mine - theirs).max() <= 1e-15 * np.abs(theirs).max()


@pytest.mark.parametrize("written, name, settings, order", WRITTEN, ids=NAMES)
def test_a_black_box_is_what_it_is(written, name, settings, order):
    if name in ("heavy-ball", "nesterov"):
        # Where it begins with asks for more than a gradient: it is no black box.
        with pytest.raises(ValueError, match="which a gradient alone does not tell"):
            sf.identify(written)
        written = {"heavy-ball": ball_from_rest, "nesterov": nesterov_from_rest}[name]
    found = sf.identify(written)
    assert found.name == name, found
    for key, exact in settings.items():
        assert found.settings[key]["text"] == str(exact).lower()


@pytest.mark.parametrize("written, name, settings, wrong", [
    (descent, "gradient-descent", {}, "negate gradient penalty"),
    (heavy_ball, "heavy-ball", dict(beta="1/2"), dict(beta="1/3")),
    (nesterov, "nesterov", dict(beta="1/2"), dict(beta="1/3")),
    (sam, "sam", dict(rho="1/2"), dict(rho="1/3")),
])
def test_what_the_register_claims_is_proved_and_measured(written, name, settings, wrong):
    claim = sf.tracks(written, name, **settings)
    assert sf.prove(claim).status == "proved", sf.prove(claim)
    outcome = sf.check(claim, loss="factorisation")
    outcome.assert_confirmed()
    if isinstance(wrong, str):
        assert sf.prove(claim, sabotage=wrong).status == "refuted"
        assert sf.check(claim, loss="factorisation", sabotage=wrong).verdict == "refuted"
    else:
        false = sf.tracks(written, name, **wrong)
        assert sf.prove(false).status == "refuted"
        assert sf.check(false, loss="factorisation").verdict == "refuted"


def test_a_claim_of_one_step_needs_a_memory_that_has_settled():
    with pytest.raises(sf.Refused, match="say by init"):
        sf.tracks(ball_from_rest, "heavy-ball", beta="1/2")

    # From rest it follows another flow, which starts elsewhere.
    @sf.flow({"gradient penalty": "3/2", "start shift": 2}, start=lambda a, c, w: w + c[1] * a.gradient(None, w))
    def behind(a, c, t, w):
        g = a.gradient(None, w)
        return -2 * (g + 2 * c[0] * a.hessian_vector(None, w, g))

    outcome = sf.check(sf.tracks(ball_from_rest, behind), loss="factorisation")
    outcome.assert_confirmed()
    assert np.abs(outcome.coefficients["recovered"] - [1.5, 2]).max() < 1e-4

    # A velocity that is off at ε² is none of the slow manifold's.
    @sf.method(memory=1, init=settled(7))
    def off(a, eps, batch, state):
        velocity = state.memory[0] / 2 - eps * a.gradient(batch, state.w)
        state.w, state.memory = state.w + velocity, [velocity]

    assert sf.prove(sf.tracks(off, "heavy-ball", beta="1/2")).status != "proved"


def test_with_maps_a_claim_is_proved_for_all_smooth_maps():
    claim = sf.tracks(adam, "adam", **ADAM)
    assert sf.prove(claim).status == "proved"
    sf.check(claim, loss="factorisation").assert_confirmed()
    assert sf.prove(sf.tracks(adam, "adam", **{**ADAM, "beta2": "4/5"})).status == "refuted"


def test_fed_by_a_sampling_it_is_followed_in_the_mean():
    @sf.flow({"batch penalty": "1/4"})
    def shuffled(a, c, t, w):
        m = a.batches
        parts = [a.gradient(k, w) for k in range(m)]
        bent = sum(a.hessian_vector(k, w, g) for k, g in enumerate(parts))
        return -(sum(parts) + 2 * c[0] * bent) / m

    claim = sf.tracks(descent, shuffled, local=3, sampling="random-reshuffling")
    assert sf.prove(claim).status == "proved", sf.prove(claim)
    outcome = sf.check(claim, loss="mlp")
    outcome.assert_confirmed()
    assert abs(outcome.coefficients["recovered"][0] - 0.25) < 1e-6
    assert sf.prove(claim, sabotage="omit batch penalty").status == "refuted"
    # The whole loss follows another flow.
    assert sf.prove(sf.tracks(descent, shuffled, local=3)).status == "refuted"
    field = sf.derive(descent, sampling="random-reshuffling", batches=2, order=2)
    exact = sf.derive("gradient-descent", sampling="random-reshuffling", batches=2, order=2)
    assert field.to_dict()["rows"] == exact.to_dict()["rows"]


def test_the_passage_of_the_document_holds():
    page = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
    (passage,) = re.findall(r"## An optimizer written once\n\n```python\n(.*?)```", page, re.DOTALL)
    found = {"sf": sf}
    exec(passage, found)
    claim = found["claim"]
    assert sf.prove(claim).status == "proved"
    sf.check(claim, loss="mlp").assert_confirmed()
    assert str(sf.identify(found["climbing"])).startswith("sam with rho = 1/2")
    penalised = sf.tracks(found["climbing"], found["penalised"], local=3)
    assert sf.prove(penalised).status == "proved"
    assert sf.prove(penalised, sabotage="omit gradient penalty").status == "refuted"


@pytest.mark.parametrize("written", [descent, heavy_ball, adam], ids=["descent", "heavy ball", "adam"])
def test_it_tracks_its_own_flow(written):
    outcome = sf.check(sf.tracks(written, own_flow=2), loss="factorisation")
    outcome.assert_confirmed()
    assert outcome.orders["claimed"].tolist() == [3, 2]


def test_on_a_loss_of_ones_own_it_is_measured():
    a = np.array([1.0, 0.5])
    loss = sf.Loss([1.0, -0.5], gradient=lambda k, w: a * w, hessian_vector=lambda k, w, v: a * v)
    # The flow of descent on ½ Σ aᵢ wᵢ² is −a w − (ε/2) a² w.
    field = sf.derive(descent, loss, order=2)
    exact = np.stack([-a * np.array([1.0, -0.5]), -0.5 * a * a * np.array([1.0, -0.5])])
    assert (np.abs(field.fields - exact) <= np.maximum(field.bars, 1e-12)).all()
    sf.check(sf.tracks(descent, "gradient-descent"), loss=loss).assert_confirmed()
    right = sf.tracks(descent, lambda eps, t, w: -a * w - eps / 2 * a * a * w, order=2, local=3)
    sf.check(right, loss=loss).assert_confirmed()


def test_time_and_phase_are_read_through_the_arithmetic():
    @sf.method(period=2)
    def alternating(a, eps, batch, state):
        c = ("1/2", "3/2")[a.phase(state.steps, 2)]
        state.w -= a.ratio(c) * eps * a.gradient(batch, state.w)

    rows = {row["tree"]: row["coefficient"] for row in sf.derive(alternating, order=2).to_dict()["rows"]}
    # Half a step and one and a half: H g comes with −½(½² + (3/2)²)/2 − ¾/2 + ½ · … = −5/8 − 3/8 + 1, over two steps.
    assert rows["a"] in (1, "1"), rows

    @sf.method
    def counting(a, eps, batch, state):
        if a.count(state.steps) >= 0:
            state.w -= eps * a.gradient(batch, state.w)

    with pytest.raises(sf.Refused, match="counts its steps"):
        sf.derive(counting, order=2)


def raising(step, **other):
    return lambda: sf.method(**other)(step)


def returns(value):
    def step(a, eps, batch, state):
        return value

    return step


def told(expression):
    """A step that does this with a, eps, state.w and state."""

    def step(a, eps, batch, state):
        expression(a, eps, state.w, state)

    return step


kept = []


@pytest.mark.parametrize("make, kind, sentence", [
    (raising(told(lambda a, e, w, s: 1 / 0)), ZeroDivisionError, "division by zero"),
    (raising(told(lambda a, e, w, s: w / 0)), ZeroDivisionError, "division by zero"),
    (raising(told(lambda a, e, w, s: w * w)), TypeError, "two vectors have no product"),
    (raising(told(lambda a, e, w, s: w + 1)), TypeError, "no vector of the arithmetic"),
    (raising(told(lambda a, e, w, s: float(e))), TypeError, "has no value of its own"),
    (raising(told(lambda a, e, w, s: e > 0)), TypeError, "has no value of its own"),
    (raising(told(lambda a, e, w, s: w if w == w else w)), TypeError, "has no value of its own"),
    (raising(told(lambda a, e, w, s: e * "a half")), ValueError, "is no ratio"),
    (raising(told(lambda a, e, w, s: e * float("nan"))), ValueError, "is no ratio"),
    (raising(told(lambda a, e, w, s: e * 1j)), TypeError, "it is a whole number"),
    (raising(told(lambda a, e, w, s: e * True)), TypeError, "truth value"),
    (raising(told(lambda a, e, w, s: e * 2**70)), ValueError, "is no ratio"),
    (raising(told(lambda a, e, w, s: a.apply("psi", w))), ValueError, "there is no map 'psi'; there are square"),
    (raising(told(lambda a, e, w, s: a.apply("sign", w))), TypeError, "needs stabiliser"),
    (raising(told(lambda a, e, w, s: a.apply("sign", w, stabiliser=0))), ValueError, "is above 0, not 0"),
    (raising(told(lambda a, e, w, s: a.apply("square", w, power=2))), TypeError, "does not take all of power"),
    (raising(told(lambda a, e, w, s: a.apply("scaled", w, stabiliser=1))), TypeError, "2 of them, not 1"),
    (raising(told(lambda a, e, w, s: a.apply_derivative("square", w, directions=[(1, w)]))), ValueError, "no slot 1"),
    (raising(told(lambda a, e, w, s: a.gradient("all", w))), ValueError, "a batch is"),
    (raising(told(lambda a, e, w, s: a.gradient([], w))), ValueError, "a batch is"),
    (raising(told(lambda a, e, w, s: setattr(s, "w", 3.0))), TypeError, "state.w after the step is a float"),
    (raising(told(lambda a, e, w, s: setattr(s, "memory", [w]))), ValueError, "has 1 vectors, but the method was made with memory=0"),
    (raising(told(lambda a, e, w, s: setattr(s, "memory", 3)), memory=1), TypeError, "is a list of 1 vectors"),
    (raising(returns(3)), TypeError, "returns nothing; this one returns a int"),
    (raising(lambda a, eps: None), TypeError, "positional argument"),
    (raising(returns(None), memory=-1), ValueError, "memory is from 0"),
    (raising(returns(None), memory=1.0), TypeError, "memory is a whole number"),
    (raising(returns(None), period=0), ValueError, "period is from 1"),
    (raising(returns(None), speed=0.0), ValueError, "speed is a number above 0"),
    (raising(3), TypeError, "step is a function"),
    (raising(returns(None), memory=1, init=lambda a, eps, w: []), ValueError, "what init returns has 0 vectors"),
    (raising(returns(None), memory=1, init=lambda a, eps, w: {}["v"]), KeyError, "v"),
    (lambda: sf.flow({"x": "1/4"})(lambda a, c, t, w: c[1]), IndexError, ""),
    (lambda: sf.flow({"x": "a"})(lambda a, c, t, w: w), ValueError, "the coefficient of x is no ratio"),
    (lambda: sf.flow({"x": (1, -1)}), ValueError, "the power of ε of x"),
    (lambda: sf.flow(lambda a, c, t, w: w), TypeError, "name the terms"),
    (lambda: sf.flow()(lambda a, c, t, w: 3), TypeError, "what the field returns is a int"),
    (lambda: sf.derive(descent, beta=1), TypeError, "has its settings in it"),
    (lambda: sf.derive(descent, order=0), ValueError, "an order is at least 1|order is at least 1"),
    (lambda: sf.tracks(descent, "heavy-ball", beta=2), ValueError, "out of range"),
    (lambda: sf.tracks(descent, own_flow=2, beta=2), TypeError, "settings are those of a method by name"),
    (lambda: sf.tracks("heavy-ball", sf.flow()(lambda a, c, t, w: -w)), TypeError, "written over an arithmetic"),
    (lambda: sf.tracks(descent, sf.flow()(lambda a, c, t, w: -w), sampling="x"), ValueError, "there is no sampling 'x'"),
])
def test_what_is_wrong_is_said_at_once(make, kind, sentence):
    with pytest.raises(kind, match=sentence if "|" in sentence else None) as raised:
        make()
    assert "|" in sentence or sentence in str(raised.value), raised.value
    assert "panic" not in str(raised.value)


def test_nothing_is_kept_beyond_a_step():
    held = []

    @sf.method
    def keeping(a, eps, batch, state):
        if held:
            state.w = held[0]
        held.append(state.w)
        state.w = state.w - eps * a.gradient(batch, state.w)

    # The first step is run as the method is made.
    with pytest.raises(RuntimeError, match="belong"):
        sf.derive(keeping, order=2)
    with pytest.raises(RuntimeError, match="only within the step"):
        held[0] + held[0]


    # Neither a vector that is handed back as it is, nor the arithmetic, nor a number.
    for keep, use in [
        (lambda a, eps, w: w, lambda kept, a, eps, w: kept),
        (lambda a, eps, w: a, lambda kept, a, eps, w: w + kept.zero()),
        (lambda a, eps, w: eps, lambda kept, a, eps, w: kept * w),
    ]:
        held = []

        @sf.method
        def using(a, eps, batch, state):
            if held:
                state.w = use(held[0], a, eps, state.w)
            held.append(keep(a, eps, state.w))

        with pytest.raises(RuntimeError, match="another step|different steps"):
            sf.derive(using, order=2)


def test_what_the_library_ends_with_is_an_exception_within_the_step():
    seen, within = [], []

    @sf.method
    def asking(a, eps, batch, state):
        within.append(True)
        try:
            state.w = state.w - eps * a.gradient(batch, state.w)
        except BaseException as raised:
            seen.append(type(raised).__name__)
            raise
        finally:
            within.clear()

    def gradient(k, w):
        if within:
            raise ValueError("no gradient")
        return w

    loss = sf.Loss([1.0, 2.0], gradient=gradient, hessian_vector=lambda k, w, v: v)
    with pytest.raises(ValueError):
        sf.derive(asking, loss, order=1)
    assert seen and set(seen) == {"RuntimeError"}


@pytest.mark.parametrize("name", ["random-reshuffling", "flip-flop"])
def test_it_is_fed_as_the_claim_says(name):
    claim = sf.tracks(descent, name)
    assert sf.prove(claim).status == "proved"
    sf.check(claim, loss="quadratic").assert_confirmed()


class Odd(Exception):
    pass


def later(after):
    """Descent that raises after so many steps."""
    seen = [0]

    @sf.method
    def failing(a, eps, batch, state):
        seen[0] += 1
        if seen[0] > after:
            raise Odd("no more")
        state.w = state.w - eps * a.gradient(batch, state.w)

    return failing


def test_an_exception_is_the_verdict_of_its_cell_or_raised_as_it_is():
    with pytest.raises(Odd, match="no more"):
        later(1)
        sf.derive(later(1), order=2)
    with pytest.raises(Odd, match="no more"):
        sf.derive(later(4), "factorisation", order=2)
    with pytest.raises(Odd, match="no more"):
        sf.prove(sf.tracks(later(2), "gradient-descent"))
    outcome = sf.check(sf.tracks(later(200), "gradient-descent"), loss="factorisation")
    assert outcome.verdict == "inconclusive" and "the step raised Odd: no more" in outcome.reason, outcome.reason
    # What the loss raises is told through the step.
    def broken(k, w):
        if calls:
            raise Odd("no gradient")
        return w

    calls = []
    loss = sf.Loss([1.0, 2.0], gradient=broken, hessian_vector=lambda k, w, v: v)
    calls.append(1)
    outcome = sf.check(sf.tracks(descent, "gradient-descent"), loss=loss)
    assert outcome.verdict == "inconclusive" and "Odd: no gradient" in outcome.reason, outcome.reason
