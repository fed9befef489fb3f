"""Time the workloads K1 … K7 beside the programs one would use instead: JAX, NumPy and diffrax.

    pip install numpy jax diffrax
    python benches/peers.py                           # a selection of rows: about ten minutes
    python benches/peers.py "K2/2-16" --rounds 5      # the rows whose id contains the text
    python benches/peers.py --peak 40 --tanh 2.5      # with the least time the arithmetic can take

Everything runs on one core (Linux), in rounds of this crate, each peer, this crate again, so that
whatever else the machine does reaches all alike; printed are the medians over the rounds and the
best peer. The workloads are defined in `workloads/mod.rs`, the peers in `workloads/peers.py`; none
is timed before its result has the checksum that `mod.rs` states. The floor is the workload's flops
at the core's peak and its tanh evaluations, one after the other.
"""

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

# One thread. Read when the libraries are loaded, therefore before the imports below.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import jax
import numpy as np

from workloads.peers import cost, peers_of

HERE = Path(__file__).resolve().parent
TOLERANCE = 1e-11  # of a checksum, relative
SELECTION = [
    *("K1/n=16", "K1/n=64", "K1/n=256", "K1/n=1024"),
    *("K2/2-16-16-1 N=32", "K2/8-64-64-1 N=256", "K2/64-256-256-10 N=32"),
    *("K3hvp/2-16-16-1 N=32", "K3hvp/8-64-64-1 N=256"),
    *("K3mod/2-16-16-1 N=32", "K3mod/8-64-64-1 N=256"),
    *("K4/2-16-16-1 N=32", "K4/2-16-16-1 N=256", "K5/m=6", "K5/m=8", "K6/gf", "K6/mf", "K7/1e5 steps"),
]


def checksums() -> dict[str, tuple[float, float]]:
    """The sum of each row's result and the sum of its squares, from the table in `mod.rs`."""
    source = (HERE / "workloads" / "mod.rs").read_text()
    rows = re.findall(r'row\("(\w+)", "([^"]+)", \[([^,\]]+), ([^,\]]+)\]\)', source)
    return {f"{workload}/{size}": (float(a), float(b)) for workload, size, a, b in rows}


def build() -> str:
    """The path of the benchmark's binary."""
    command = ["cargo", "bench", "--bench", "kernels", "--no-run", "--message-format=json"]
    built = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, text=True)
    for message in map(json.loads, built.stdout.splitlines()):
        if message.get("target", {}).get("name") == "kernels" and message.get("executable"):
            return message["executable"]
    sys.exit("the benchmark `kernels` does not build: see the messages of cargo above")


def ours(binary: str, row: str) -> float:
    """The median that criterion prints, in seconds: time: [low median high], each with a unit."""
    command = [binary, "--bench", "--exact", row]
    run = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True)
    found = re.search(r"time:\s+\[\S+ \S+ (\S+) (\S+) \S+ \S+\]", run.stdout)
    if run.returncode or not found:
        sys.exit(f"{row}: the benchmark `kernels` gave no time\n{run.stderr}")
    return float(found[1]) * {"ps": 1e-12, "ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}[found[2]]


def seconds(call, repeats: int, budget: float = 1.0) -> float:
    """The median time of one of a call's repeats; samples take 5 ms and more, at least 5 of them."""

    def sample(calls: int) -> float:
        start = time.perf_counter()
        for _ in range(calls):
            jax.block_until_ready(call())
        return (time.perf_counter() - start) / calls

    one = min(sample(1) for _ in range(2))
    calls = max(1, math.ceil(5e-3 / one))
    samples = max(5, int(budget / (calls * one)))
    return statistics.median(sample(calls) for _ in range(samples)) / repeats


def prepare(row: str, checksum: tuple[float, float]) -> dict:
    """A row's peers, each of them compiled, run once and checked."""
    peers = peers_of(*row.split("/"))
    for name, (call, _) in peers.items():
        result = np.asarray(call())
        for found, known in zip((result.sum(), result @ result), checksum):
            if not abs(found - known) <= TOLERANCE * abs(known):
                sys.exit(f"{row}, {name}: the checksum is {found}, not {known}")
    return peers


def shown(t: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if t * scale >= 1:
            return f"{t * scale:.3g} {unit}" if t * scale < 1000 else f"{t * scale:.0f} {unit}"
    return f"{t * 1e9:.3g} ns"


def table(results: list[dict], with_floor: bool) -> str:
    head = ["workload", "this crate", "best peer", "its time", "ratio"] + ["floor"] * with_floor
    lines = [head, ["---", "---:", "---", "---:", "---:"] + ["---:"] * with_floor]
    for r in results:
        name = min(r["peers"], key=r["peers"].get)
        best = r["peers"][name]
        line = [r["row"], shown(r["ours"]), name, shown(best), f"{best / r['ours']:.2f}"]
        lines.append(line + ["–" if r["floor"] is None else shown(r["floor"])] * with_floor)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def parse(known: dict) -> argparse.Namespace:
    """The options, with `rows`: the checksums of the rows asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("filter", nargs="?", help="only the rows whose id contains this, of all there are")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int, default=0, help="the core that everything runs on")
    parser.add_argument("--peak", type=float, metavar="GFLOPS", help="of the core; with --tanh, adds the floor")
    parser.add_argument("--tanh", type=float, metavar="NS", help="the time of one tanh in a vector loop")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every round's times, in seconds")
    options = parser.parse_args()
    wanted = [row for row in known if options.filter in row] if options.filter else SELECTION
    options.rows = {row: known[row] for row in wanted}
    if not wanted:
        ids = ", ".join(dict.fromkeys(row.split("/")[0] for row in known))
        refuse(f"no row's id contains {options.filter!r}; ids begin with {ids}, as in {SELECTION[4]!r}")
    if options.rounds < 1:
        refuse(f"--rounds is {options.rounds}; it has to be at least 1")
    if (options.peak is None) != (options.tanh is None):
        refuse("the floor needs both --peak and --tanh")
    if options.peak is not None and not (options.peak > 0 and options.tanh > 0):
        refuse(f"--peak is {options.peak} and --tanh {options.tanh}; both have to be positive")
    if options.core not in os.sched_getaffinity(0):
        cores = ", ".join(map(str, sorted(os.sched_getaffinity(0))))
        refuse(f"--core is {options.core}; the cores to be had are {cores}")
    return options


def refuse(sentence: str) -> None:
    print(sentence, file=sys.stderr)
    sys.exit(2)


def main() -> None:
    options = parse(checksums())
    binary = build()
    os.sched_setaffinity(0, {options.core})
    prepared = {row: prepare(row, checksum) for row, checksum in options.rows.items()}
    samples = {row: {"ours": []} | {name: [] for name in peers} for row, peers in prepared.items()}
    for r in range(options.rounds):
        for row, peers in prepared.items():
            print(f"round {r + 1} of {options.rounds}: {row}", file=sys.stderr)
            samples[row]["ours"].append(ours(binary, row))
            for name, peer in peers.items():
                samples[row][name].append(seconds(*peer))
            samples[row]["ours"].append(ours(binary, row))

    results = []
    for row, times in samples.items():
        medians = {name: statistics.median(t) for name, t in times.items()}
        work, floor = cost(*row.split("/")), None
        if work and options.peak:
            floor = work[0] / (options.peak * 1e9) + work[1] * options.tanh * 1e-9
        mine = medians.pop("ours")
        results.append({"row": row, "ours": mine, "peers": medians, "floor": floor, "rounds": times})
    print(table(results, options.peak is not None))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
