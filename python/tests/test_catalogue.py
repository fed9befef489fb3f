"""The catalogue from Python: the same as from the command."""

import json
import os
import subprocess

import numpy as np
import pytest

import shadowflow as sf

COMMAND = os.environ.get("SHADOWFLOW_COMMAND")
needs_command = pytest.mark.skipif(COMMAND is None, reason="SHADOWFLOW_COMMAND names no command to compare with")


def said(*arguments):
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True)
    assert done.returncode in (0, 1, 3), done.stderr
    return done.stdout


def without_times(table):
    """A table whose times are left out: the last number of a line, and the tally's."""
    lines = []
    for line in table.splitlines():
        if "· seed" in line:
            line = line.rsplit("·", 1)[0]
        words = line.split()
        if words and words[-1].replace(".", "").isdigit():
            words.pop()
        lines.append(" ".join(words))
    return lines


@needs_command
@pytest.mark.parametrize(
    "theorem, loss, options, same",
    [
        ("random-reshuffling", "mlp", [], {}),
        ("single-order", "logistic", [], {}),
        ("adam", "factorisation", [], {}),
        ("random-reshuffling", "quadratic", ["--sabotage", "omit batch penalty"], {"sabotage": "omit batch penalty"}),
        ("nesterov", "factorisation", ["--set", "beta=0.9"], {"beta": 0.9}),
        ("implicit-gradient-regularization", "mlp", ["--seed", "7", "--batches", "4"], {"seed": 7, "batches": 4}),
    ],
)
def test_what_is_found_is_what_the_command_finds(theorem, loss, options, same):
    (theirs,) = json.loads(said("check", theorem, "--loss", loss, "--format", "json", *options))
    del theirs["run"]
    outcome = sf.check(theorem, loss=loss, **same)
    assert outcome.to_dict() == theirs
    assert without_times(str(outcome)) == without_times(said("check", theorem, "--loss", loss, *options))


@needs_command
def test_proofs_and_fields_are_those_of_the_command():
    (theirs,) = json.loads(said("prove", "random-reshuffling", "--format", "json"))
    proof = sf.prove("random-reshuffling")
    assert proof.to_dict() == theirs and proof.status == "proved"
    assert str(proof) == said("prove", "random-reshuffling")
    field = sf.derive("lion", beta2="99/100", order=3)
    assert str(field) == said("derive", "lion", "--set", "beta2=99/100", "--order", "3")
    assert field.to_dict() == json.loads(said("derive", "lion", "--set", "beta2=99/100", "--order", "3", "--format", "json"))
    assert field.latex == said("derive", "lion", "--set", "beta2=99/100", "--order", "3", "--format", "latex")
    field = sf.derive("adam", "factorisation", order=2)
    assert str(field) == said("derive", "adam", "--loss", "factorisation", "--order", "2")


def test_an_outcome_has_its_numbers_as_arrays():
    outcome = sf.check("random-reshuffling", loss="quadratic")
    assert (outcome.verdict, outcome.theorem, outcome.loss) == ("confirmed", "random-reshuffling", "quadratic")
    outcome.assert_confirmed()
    ladder = outcome.ladder
    assert set(ladder["leg"]) == {"epoch", "global"} and ladder["used"].dtype == bool
    epoch = ladder[(ladder["leg"] == "epoch") & ladder["used"]]
    slope = np.polyfit(np.log(epoch["step_size"]), np.log(epoch["error"]), 1)[0]
    assert abs(slope - 3) < 0.05
    (penalty,) = outcome.coefficients
    assert penalty["term"] == "batch penalty" and penalty["claimed"] == 0.25
    assert abs(penalty["recovered"] - 0.25) < 1e-6
    assert outcome.orders["claimed"].tolist() == [3, 2]
    page = outcome._repr_html_()
    assert page.startswith('<div class="shadowflow">') and "<svg" in page and "confirmed" in page


def test_a_sabotaged_claim_is_refuted_with_its_reason():
    outcome = sf.check("random-reshuffling", loss="quadratic", sabotage="omit batch penalty")
    assert outcome.verdict == "refuted" and "epoch: the order is" in outcome.reason and "not 3" in outcome.reason
    with pytest.raises(AssertionError, match="refuted: epoch: the order is"):
        outcome.assert_confirmed()


def test_several_are_a_list_and_one_table():
    found = sf.check("gradient-flow", loss=["quadratic", "factorisation"])
    assert [outcome.loss for outcome in found] == ["quadratic", "factorisation"]
    assert "2 confirmed" in str(found) and found.skipped == []
    found = sf.check(["gradient-flow", "random-reshuffling"], loss="quadratic")
    assert [outcome.theorem for outcome in found] == ["gradient-flow", "random-reshuffling"]
    assert len(sf.check("gradient-flow")) == len(sf.theorems()["gradient-flow"]["losses"])


def test_what_there_is_has_names():
    assert "random-reshuffling" in sf.theorems() and "mlp" in sf.losses()
    assert sf.methods()["lion"]["settings"]["beta2"]["default"]
    assert sf.list().keys() == {"theorems", "losses", "methods"}


def test_results_do_not_depend_on_threads():
    one, two = (sf.check("random-reshuffling", loss="mlp", threads=n) for n in (1, 2))
    assert one.to_dict() == two.to_dict()
