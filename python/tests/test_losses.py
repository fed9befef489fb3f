"""Losses of one's own: measured in f64, and what is wrong about one is its verdict."""

import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import shadowflow as sf

OFF = np.array([[0.5, 0.1], [-0.5, 0.3], [0.2, -0.6]])


def parts():
    """ln cosh over three minibatches in two coupled coordinates."""
    mix = np.array([[1.0, 0.3], [-0.2, 0.8]])
    return {
        "start": [1.25, -0.75],
        "value": lambda k, w: float(np.log(np.cosh(mix @ w - OFF[k])).sum()),
        "gradient": lambda k, w: mix.T @ np.tanh(mix @ w - OFF[k]),
        "hessian_vector": lambda k, w, v: mix.T @ ((mix @ v) / np.cosh(mix @ w - OFF[k]) ** 2),
        "batches": 3,
    }


def test_built_in_theorems_hold_on_an_own_loss():
    loss = sf.Loss(**parts(), name="log cosh")
    for theorem, term in [("random-reshuffling", "batch penalty"), ("implicit-gradient-regularization", "gradient penalty")]:
        outcome = sf.check(theorem, loss=loss)
        assert (outcome.verdict, outcome.loss) == ("confirmed", "log cosh"), outcome
        assert "known in f64 only" in outcome.reason or "computed in f64 only" in outcome.reason
        (found,) = outcome.coefficients[outcome.coefficients["term"] == term]
        assert abs(found["recovered"] - 0.25) < 1e-5
    sabotaged = sf.check("random-reshuffling", loss=loss, sabotage="omit batch penalty")
    assert sabotaged.verdict == "refuted"


def flawed(**other):
    return sf.check("implicit-gradient-regularization", loss=sf.Loss(**{**parts(), **other}))


def test_an_exception_is_the_verdict_of_its_cell_with_its_traceback():
    right = parts()["gradient"]

    def gradient(k, w):
        if abs(w[0] - 1.25) > 1e-9:
            raise ZeroDivisionError("no gradient here")
        return right(k, w)

    outcome = flawed(gradient=gradient)
    assert outcome.verdict == "inconclusive"
    for said in ["the gradient of minibatch", "ZeroDivisionError: no gradient here", "Traceback", "test_losses.py"]:
        assert said in outcome.reason, outcome.reason


def test_what_changes_later_is_named():
    right = parts()["gradient"]
    away = lambda w: abs(w[0] - 1.25) > 1e-9
    shorter = flawed(gradient=lambda k, w: right(k, w)[:1] if away(w) else right(k, w))
    assert shorter.verdict == "inconclusive" and "has 1 numbers, but there are 2 parameters" in shorter.reason
    nothing = flawed(gradient=lambda k, w: right(k, w) * (np.nan if k == 1 else 1.0))
    assert nothing.verdict == "inconclusive" and "minibatch 1" in nothing.reason and "NaN" in nothing.reason


def test_wrong_derivatives_are_found():
    wrong = parts()["gradient"]
    outcome = flawed(gradient=lambda k, w: wrong(k, w) * np.array([1.0, 1.001]))
    assert outcome.verdict == "inconclusive" and "component 1 of the gradient" in outcome.reason
    product = parts()["hessian_vector"]
    outcome = flawed(hessian_vector=lambda k, w, v: 1.01 * product(k, w, v))
    assert outcome.verdict == "inconclusive" and "Hessian" in outcome.reason


def test_single_precision_in_disguise_is_found():
    coarse = parts()["gradient"]
    outcome = flawed(gradient=lambda k, w: coarse(k, w).astype(np.float32).astype(float))
    assert outcome.verdict == "inconclusive"
    assert "digits" in outcome.reason and "compute them in f64" in outcome.reason


def test_a_buffer_that_is_used_again_does_no_harm_and_a_stale_one_is_found():
    right, buffer = parts()["gradient"], np.zeros(2)

    def reused(k, w):
        buffer[:] = right(k, w)
        return buffer

    assert flawed(gradient=reused).verdict == "confirmed"
    stale = right(0, np.array([1.25, -0.75]))
    outcome = flawed(gradient=lambda k, w: stale)
    assert outcome.verdict == "inconclusive" and "gradient" in outcome.reason
    right_product = parts()["hessian_vector"]

    def spoils(k, w, v):
        image = right_product(k, w, v)
        w[:] = np.nan
        v[:] = 7.0
        return image

    assert flawed(hessian_vector=spoils).verdict == "confirmed"


def test_a_loss_that_counts_its_calls_is_found():
    right, calls = parts()["gradient"], [0]

    def counting(k, w):
        calls[0] += 1
        return right(k, w) * (1 + 1e-9 * calls[0])

    outcome = flawed(gradient=counting)
    assert outcome.verdict == "inconclusive" and "at one call" in outcome.reason


def test_ctrl_c_is_heard_within_a_second():
    right = parts()["gradient"]

    def slow(k, w):
        time.sleep(0.02)
        return right(k, w)

    loss = sf.Loss(**{**parts(), "gradient": slow})
    began = time.monotonic()
    timer = threading.Timer(0.5, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        sf.check("random-reshuffling", loss=loss, budget=None)
    assert time.monotonic() - began < 1.5


INTERRUPTED = """
import signal, threading, time
import numpy as np
import shadowflow as sf

def slow(k, w):
    time.sleep(0.005)
    return np.tanh(w)

loss = sf.Loss([1.0, 2.0], gradient=slow, hessian_vector=lambda k, w, v: v / np.cosh(w) ** 2)
threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT)).start()
try:
    sf.check("random-reshuffling", loss=loss, budget=None)
except KeyboardInterrupt:
    print("heard")
"""


def test_an_interpreter_ends_well_after_ctrl_c():
    # What was interrupted may still be in a callback, in any of its threads.
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, "heard\n"), done.stderr


def test_the_interpreter_is_free_while_the_library_works():
    counted, done = [0], threading.Event()

    def count():
        while not done.is_set():
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    sf.check("adam", loss=["mlp", "tiny-net", "logistic"])
    done.set()
    thread.join()
    assert counted[0] > 10


def test_two_threads_find_the_same():
    loss, found = sf.Loss(**parts()), []

    def ask():
        found.append(sf.check("random-reshuffling", loss=loss).to_dict())

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and found[0] == found[1]


def counted(batched, **other):
    """Two tanh units, three minibatches, by functions that work on many points at once or on one; with the number of their calls."""
    mix, calls = np.array([[1.0, 0.3], [-0.2, 0.8]]), {"gradient": 0, "product": 0, "points": 0}

    def turned(w):
        return np.stack([mix[0, 0] * w[:, 0] + mix[0, 1] * w[:, 1], mix[1, 0] * w[:, 0] + mix[1, 1] * w[:, 1]], axis=1)

    def back(g):
        return np.stack([mix[0, 0] * g[:, 0] + mix[1, 0] * g[:, 1], mix[0, 1] * g[:, 0] + mix[1, 1] * g[:, 1]], axis=1)

    def gradient(k, w):
        calls["gradient"] += 1
        calls["points"] += len(k)
        return back(np.tanh(turned(w) - OFF[k]))

    def product(k, w, v):
        calls["product"] += 1
        return back(turned(v) / np.cosh(turned(w) - OFF[k]) ** 2)

    def value(k, w):
        return np.log(np.cosh(turned(w) - OFF[k])).sum(axis=1)

    def one(function):
        return lambda k, *points: function(np.array([k]), *[x[None, :] for x in points])[0]

    functions = dict(gradient=gradient, hessian_vector=product, value=value)
    if not batched:
        functions = {what: one(function) for what, function in functions.items()}
        functions["value"] = lambda k, w: float(one(value)(k, w))
    return sf.Loss([1.25, -0.75], batches=3, batched=batched, **{**functions, **other}), calls


def test_many_points_in_one_call_find_the_same_with_fewer_calls():
    (alone, of_one), (many, of_many) = counted(False), counted(True)
    first, second = sf.check("random-reshuffling", loss=alone), sf.check("random-reshuffling", loss=many)
    second.assert_confirmed()
    assert first.to_dict() == second.to_dict()
    assert of_one["points"] == of_one["gradient"] and of_many["points"] > 1.5 * of_many["gradient"]
    assert of_many["gradient"] < 0.7 * of_one["gradient"] and of_many["product"] < 0.5 * of_one["product"]


@pytest.mark.parametrize(
    "other, kind, sentence",
    [
        (dict(gradient=lambda k, w: w[0]), ValueError, "shape [2], but with batched=True it is [1, 2]"),
        (dict(gradient=lambda k, w: w[:1]), ValueError, "shape [1, 2], but with batched=True it is [3, 2]"),
        (dict(value=lambda k, w: 3.0), ValueError, "shape [], but with batched=True it is [1]"),
        (dict(gradient=lambda k, w: w.astype(np.float32)), TypeError, "float32"),
        (dict(hessian_vector=lambda k, w, v: v * 1j), TypeError, "complex128"),
    ],
)
def test_many_points_of_another_shape_are_named(other, kind, sentence):
    with pytest.raises(kind) as raised:
        counted(True, **other)
    assert sentence in str(raised.value), raised.value


def test_many_points_that_are_others_than_one_by_one_are_found():
    right = counted(True)[0]
    assert right.batches == 3
    centre = np.array([0.5, -0.5, 0.25])[:, None]
    # The first minibatch is taken for all of a call.
    loss = sf.Loss(
        [1.0, 2.0],
        batches=3,
        batched=True,
        gradient=lambda k, w: np.tanh(w - centre[k[:1]]),
        hessian_vector=lambda k, w, v: v / np.cosh(w - centre[k]) ** 2,
    )
    outcome = sf.check("random-reshuffling", loss=loss)
    assert outcome.verdict == "inconclusive" and "computed otherwise it is" in outcome.reason, outcome


def test_an_exception_at_many_points_names_the_minibatches():
    def gradient(k, w):
        if len(k) == 8:
            raise ZeroDivisionError("not eight")
        return np.tanh(w)

    loss = sf.Loss(
        [1.0, 2.0], batches=3, batched=True, gradient=gradient, hessian_vector=lambda k, w, v: v / np.cosh(w) ** 2
    )
    outcome = sf.check("random-reshuffling", loss=loss)
    assert outcome.verdict == "inconclusive"
    assert "the gradient of minibatches [" in outcome.reason and "not eight" in outcome.reason, outcome.reason
