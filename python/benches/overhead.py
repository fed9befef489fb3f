"""What the door to Python costs: it advises, and never gates.

    SHADOWFLOW_COMMAND=target/release/shadowflow python python/benches/overhead.py

Times of the command and of the same check from Python are taken in turns, so that what else a machine does falls on both. The
overhead of a callback is the time from where one call of a gradient returns to where the next one begins, the library's own
arithmetic in between included: on a loss of a few parameters that is next to nothing.
"""

import os
import statistics
import subprocess
import sys
import time

import numpy as np

import shadowflow as sf

ASKED = ("random-reshuffling", "mlp")


def quartiles(times):
    low, middle, high = statistics.quantiles(times, n=4)
    return f"{middle:.4g} ({low:.4g} to {high:.4g})"


def against_the_command(command, rounds):
    theorem, loss = ASKED
    nothing = [command, "list", "--format", "json"]
    asked = [command, "check", theorem, "--loss", loss, "--format", "json"]

    def timed(run):
        began = time.perf_counter()
        run()
        return time.perf_counter() - began

    quiet = {"stdout": subprocess.DEVNULL, "check": True}
    ratios, command_times, python_times, starts = [], [], [], []
    for _ in range(rounds):
        starts.append(timed(lambda: subprocess.run(nothing, **quiet)))
        command_times.append(timed(lambda: subprocess.run(asked, **quiet)))
        python_times.append(timed(lambda: sf.check(theorem, loss=loss)))
        ratios.append(python_times[-1] / command_times[-1])
    print(f"{theorem} on {loss}, {rounds} rounds in turns; medians and quartiles")
    print(f"  the command       {quartiles(command_times)} s, of which to begin and end {quartiles(starts)} s")
    print(f"  from Python       {quartiles(python_times)} s")
    print(f"  Python / command  {quartiles(ratios)}")


def of_a_callback(dim):
    a = np.linspace(0.5, 1.0, dim)
    gaps: list[int] = []
    last, clock = [None], time.perf_counter_ns

    def gradient(k, w):
        began = clock()
        if last[0] is not None:
            gaps.append(began - last[0])
        g = a * w
        last[0] = clock()
        return g

    loss = sf.Loss(np.ones(dim), gradient=gradient, hessian_vector=lambda k, w, v: a * v)
    sf.check("implicit-gradient-regularization", loss=loss, threads=1)
    low, middle, high = statistics.quantiles(gaps, n=4)
    alone, w = gaps[:], np.ones(dim)
    gaps.clear()
    for _ in alone:
        gradient(0, w)
    by_python = statistics.median(gaps)
    print(
        f"a gradient of {dim} parameters, {len(alone)} calls: {middle / 1e3:.2f} µs ({low / 1e3:.2f} to {high / 1e3:.2f}) "
        f"between calls, where a loop of Python takes {by_python / 1e3:.2f}"
    )


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 31
    command = os.environ.get("SHADOWFLOW_COMMAND")
    if command:
        against_the_command(command, rounds)
    for dim in (2, 61):
        of_a_callback(dim)
