"""Optimizers of optax: each is what docs/python.md says that it is."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")
jax.config.update("jax_enable_x64", True)

import shadowflow as sf  # noqa: E402

ADAM = dict(b1=0.5, b2=0.75, eps=0.2)
OURS = {"beta1": "1/2", "beta2": "3/4", "stabiliser": "1/5"}

# The name in optax, the answer, the settings that are found, and the change it is nearest by.
NAMED = [
    ("sgd", lambda lr: optax.sgd(lr), "gradient-descent", {}, None),
    ("sgd, momentum", lambda lr: optax.sgd(lr, momentum=0.5), "heavy-ball", {"beta": "1/2"}, None),
    ("sgd, nesterov", lambda lr: optax.sgd(lr, momentum=0.6, nesterov=True), "nesterov", {"beta": "3/5"}, "look"),
    ("adam", lambda lr: optax.adam(lr, **ADAM), "adam", {**OURS, "inside": "false"}, None),
    (
        "adam, eps_root",
        lambda lr: optax.adam(lr, b1=0.5, b2=0.75, eps=0.0, eps_root=0.2),
        "adam",
        {**OURS, "inside": "true"},
        None,
    ),
    (
        "adamw",
        lambda lr: optax.adamw(lr, **ADAM, weight_decay=0.1),
        "adamw",
        {**OURS, "inside": "false", "decay": "1/10"},
        None,
    ),
    ("nadam", lambda lr: optax.nadam(lr, **ADAM), "nadam", {**OURS, "inside": "false"}, None),
    (
        "nadamw",
        lambda lr: optax.nadamw(lr, **ADAM, weight_decay=0.1),
        "nadam",
        {**OURS, "inside": "false", "decay": "1/10"},
        None,
    ),
    (
        "rmsprop, bias_correction",
        lambda lr: optax.rmsprop(lr, decay=0.75, eps=0.2, eps_in_sqrt=False, bias_correction=True),
        "rmsprop",
        {"beta2": "3/4", "stabiliser": "1/5", "inside": "false"},
        None,
    ),
    (
        "rmsprop",
        lambda lr: optax.rmsprop(lr, decay=0.75, eps=0.2),
        "rmsprop",
        {"beta2": "3/4", "stabiliser": "1/5", "inside": "true"},
        "the bias correction is missing",
    ),
    # eps_root is added within the buffer at every step, so that eps_root/(1 − b2) is the stabiliser.
    (
        "adabelief",
        lambda lr: optax.adabelief(lr, b1=0.5, b2=0.75, eps=0.0, eps_root=0.05),
        "adabelief",
        {"beta1": "1/2", "beta2": "3/4", "stabiliser": "1/5"},
        None,
    ),
]


@pytest.mark.parametrize("name, make, method, settings, change", NAMED, ids=[row[0] for row in NAMED])
def test_what_it_is(name, make, method, settings, change):
    mine = sf.optax(make, name=name)
    found = sf.identify(mine)
    assert (found.kind, found.method) == ("named" if change is None else "nearest", method), found
    for key, text in settings.items():
        assert found.settings[key]["text"] == text, found
    if change is not None:
        assert change in found.parts_at["term"], found
        return
    # Its field is that of the method of the register, whose step is run in series.
    field = sf.derive(mine, "factorisation", order=2)
    exact = sf.derive(method, "factorisation", order=2, **{k: s["text"] for k, s in found.settings.items()}).fields
    off = np.abs(field.fields - exact)
    assert (off <= field.bars).all(), (off, field.bars)
    assert off.max() < 1e-6 * max(1.0, np.abs(exact).max()), off


@pytest.mark.parametrize(
    "name", ["sgd", "sgd, momentum", "adam", "adamw", "nadam", "rmsprop, bias_correction", "adabelief"]
)
def test_it_tracks_its_own_flow(name):
    make = next(row[1] for row in NAMED if row[0] == name)
    outcome = sf.check(sf.tracks(sf.optax(make, name=name), own_flow=2), loss="factorisation", budget=None)
    outcome.assert_confirmed()
    assert outcome.orders["claimed"].tolist() == [3, 2]


def test_adam_tracks_the_claim_of_the_catalogue_and_none_with_another_rate():
    adam = sf.optax(lambda lr: optax.adam(lr, **ADAM), name="adam")
    right = dict(beta1="1/2", beta2="3/4", stabiliser="1/5", inside=False)
    sf.check(sf.tracks(adam, "adam", **right), loss="factorisation", budget=None).assert_confirmed()
    wrong = {**right, "beta2": "4/5"}
    assert sf.check(sf.tracks(adam, "adam", **wrong), loss="factorisation", budget=None).verdict == "refuted"


def sam(lr):
    return optax.contrib.sam(optax.sgd(lr), optax.sgd(lr / 2))


def test_sam_takes_a_gradient_on_the_way_to_another():
    mine = sf.optax(sam, updates=2, name="sam")
    found = sf.identify(mine)
    assert found.name == "sam" and found.settings["rho"]["text"] == "1/2", found
    field = sf.derive(mine, "factorisation", order=2)
    exact = sf.derive("sam", "factorisation", order=2, rho="1/2").fields
    off = np.abs(field.fields - exact)
    assert (off <= field.bars).all() and off.max() < 1e-6 * np.abs(exact).max()
    sf.check(sf.tracks(mine, own_flow=2), loss="factorisation", budget=None).assert_confirmed()


def test_sam_along_the_unit_gradient_climbs_by_as_much_everywhere():
    unit = optax.chain(optax.contrib.normalize(), optax.sgd(0.05))
    fixed = sf.optax(lambda lr: optax.contrib.sam(optax.sgd(lr), unit), updates=2, name="sam with ρ = 0.05")
    a, w = np.array([1.0, 0.25]), np.array([1.0, -0.5])
    loss = sf.Loss(w, gradient=lambda k, w: a * w, hessian_vector=lambda k, w, v: a * v)
    f = sf.derive(fixed, loss, order=1).fields[0]
    g = a * w
    assert np.abs(f + a * (w + 0.05 * g / np.linalg.norm(g))).max() < 1e-9


def test_lookahead_takes_a_pair_of_parameters():
    def make(lr):
        return optax.lookahead(optax.sgd(lr), 3, 0.5)

    found = sf.identify(sf.optax(make, lookahead=True, name="lookahead"))
    assert found.name == "lookahead", found
    assert (found.settings["ahead"]["text"], found.settings["share"]["text"]) == ("3", "1/2")
    # Three steps are a period, and of that it has a field: three times that of a step.
    period = sf.optax(make, lookahead=True, updates=3, name="lookahead")
    field = sf.derive(period, "factorisation", order=2)
    exact = sf.derive("lookahead", "factorisation", order=2, ahead=3, share="1/2").fields
    off = np.abs(field.fields / 3 - exact)
    assert (off <= field.bars).all() and off.max() < 1e-6 * np.abs(exact).max()


def test_muon_iterates_a_polynomial_on_matrices():
    mine = sf.optax(lambda lr: optax.contrib.muon(lr, beta=0.5), like=np.zeros((3, 2)), name="muon")
    random = np.random.default_rng(1)
    a = random.normal(size=(6, 6))
    a = a @ a.T / 6 + 0.5 * np.eye(6)
    w = np.array([1.0, 0.5, -0.7, 0.3, 0.9, -0.2])
    gradient = lambda k, w: np.einsum("ij,j->i", a, w)
    loss = sf.Loss(w, gradient=gradient, hessian_vector=lambda k, w, v: np.einsum("ij,j->i", a, v))
    field = sf.derive(mine, loss, order=2)
    # Five steps of X ← 3.4445 X + (−4.775 XXᵀ + 2.0315 (XXᵀ)²) X from the gradient over its norm: no orthogonal matrix.
    x = gradient(0, w).reshape(3, 2).T
    x = x / np.linalg.norm(x)
    for _ in range(5):
        b = np.einsum("ij,kj->ik", x, x)
        x = 3.4445 * x + np.einsum("ij,jk->ik", -4.775 * b + 2.0315 * np.einsum("ij,jk->ik", b, b), x)
    assert np.abs(field.fields[0] + x.T.ravel()).max() < 1e-6
    sizes = np.linalg.svd(field.fields[0].reshape(3, 2), compute_uv=False)
    assert 0.6 < sizes.min() < 0.95 and sizes.max() < 1.3, sizes
    assert sf.identify(mine, loss, alone=True).kind == "unknown"
    with pytest.raises(ValueError, match="like has 6 numbers, but the loss has 2 parameters"):
        sf.derive(mine, "factorisation")


REFUSED = [
    ("amsgrad", lambda lr: optax.amsgrad(lr, **ADAM)),
    ("adagrad", lambda lr: optax.adagrad(lr, initial_accumulator_value=0.1, eps=0.1)),
    ("schedule_free_sgd", lambda lr: optax.contrib.schedule_free_sgd(lr)),
]


@pytest.mark.parametrize("name, make", REFUSED, ids=[row[0] for row in REFUSED])
def test_what_remembers_for_ever_is_refused(name, make):
    with pytest.raises(sf.Refused, match="the memory does not fade"):
        sf.derive(sf.optax(make, name=name), "factorisation")


JUMPING = [
    ("lion", lambda lr: optax.lion(lr, b1=0.5, b2=0.75, weight_decay=0.0), np.sign),
    ("sign_sgd", lambda lr: optax.sign_sgd(lr), np.sign),
    ("clip", lambda lr: optax.chain(optax.clip(10.0), optax.sgd(lr)), None),
    ("clip_by_global_norm", lambda lr: optax.chain(optax.clip_by_global_norm(10.0), optax.sgd(lr)), None),
]


@pytest.mark.parametrize("name, make, direction", JUMPING, ids=[row[0] for row in JUMPING])
def test_away_from_jumps_the_field_is_that_of_the_branch(name, make, direction):
    field = sf.derive(sf.optax(make, name=name), "factorisation", order=2)
    descent = sf.derive("gradient-descent", "factorisation", order=2).fields
    # A sign is constant there, and its field has no further term; what is not clipped is descent.
    exact = descent if direction is None else np.stack([direction(descent[0]), 0 * descent[0]])
    off = np.abs(field.fields - exact)
    assert (off <= field.bars).all() and off.max() < 1e-6, (off, field.bars)


@pytest.mark.parametrize(
    "make, kind, sentence",
    [
        (lambda: sf.optax(optax.sgd(0.1)), TypeError, "give a function of the learning rate"),
        (lambda: sf.optax(sam, updates=0), ValueError, "updates is from 1 to 64"),
        (lambda: sf.optax(sam, updates=2.0), TypeError, "updates is a whole number"),
        (lambda: sf.optax(sam, like=np.zeros(2, dtype=np.float32)), TypeError, "like is float32"),
        (lambda: sf.identify(sf.optax(lambda lr: optax.lookahead(optax.sgd(lr), 3, 0.5))), (ValueError, AttributeError), "fast"),
        (lambda: sf.optax(lambda lr: 3), TypeError, "must return a gradient transformation"),
        (lambda: sf.optax(lambda lr: optax.nothing(lr)), AttributeError, "nothing"),
        (lambda: sf.identify(sf.optax(lambda lr: optax.noisy_sgd(lr))), (TypeError, ValueError), ""),
    ],
)
def test_what_is_no_optimizer_is_said(make, kind, sentence):
    with pytest.raises(kind) as raised:
        make()
    assert sentence in str(raised.value), raised.value
