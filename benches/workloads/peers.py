"""The workloads K1 … K7 of `mod.rs` as one would write them in JAX, NumPy and diffrax.

A peer is a call and how often the call computes the workload. What JAX compiles is called from
Python and, where a run is short, also repeated inside a compiled loop, where it pays nothing for
the call.
"""

import itertools
import math

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

EPS, STEP, STEPS, BATCHES = 0.1, 0.05, 100_000, 8
SMALL = (2, 16, 16, 1)

jax.config.update("jax_enable_x64", True)


def uniform(seed: int, *shape: int) -> np.ndarray:
    """Entries 1, 2, … of splitmix64, uniform in ±1."""
    index = np.arange(1, math.prod(shape) + 1, dtype=np.uint64)
    z = np.uint64(seed) + index * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (2 * ((z >> np.uint64(11)) * 2.0**-53) - 1).reshape(shape)


def weights(layers) -> np.ndarray:
    """Uniform in ±1/√inputs, biases in ±0.1; layer by layer, the matrix before the bias."""
    parts = []
    for k, (i, o) in enumerate(zip(layers, layers[1:])):
        parts += [uniform(1000 + 2 * k, i * o) / np.sqrt(i), 0.1 * uniform(1001 + 2 * k, o)]
    return np.concatenate(parts)


def split(w, layers):
    """Each layer's matrix (outputs × inputs) and bias; w may have leading axes."""
    at = 0
    for i, o in zip(layers, layers[1:]):
        yield w[..., at : at + i * o].reshape(*w.shape[:-1], o, i), w[..., at + i * o : at + i * o + o]
        at += i * o + o


def derivatives(layers):
    """The loss's gradient, Hessian–vector product and modified field, by JAX."""

    def loss(w, x, y):
        *hidden, (matrix, bias) = split(w, layers)
        for m, b in hidden:
            x = jnp.tanh(x @ m.T + b)
        return jnp.sum((x @ matrix.T + bias - y) ** 2) / (2 * len(y))

    gradient = jax.grad(loss)

    def hessian_vector(w, v, x, y):
        return jax.jvp(lambda w: gradient(w, x, y), (w,), (v,))[1]

    def modified(w, x, y):
        g, hessian = jax.linearize(lambda w: gradient(w, x, y), w)
        return g + EPS / 2 * hessian(g)

    return gradient, hessian_vector, modified


def jax_peers(name, f, *arguments, flops=None):
    """f compiled and, given its flops, also inside a compiled loop of about 1e8 of them."""
    arguments = [jnp.asarray(a) for a in arguments]
    once = jax.jit(f)
    peers = {name: (lambda: once(*arguments), 1)}
    if flops:
        repeats = max(2, int(1e8 / flops))

        # The factor is 0, but the compiler cannot know: it has to run f anew every time.
        def loop(factor, w, *rest):
            again = lambda _, result: f(w + factor * result, *rest)
            return jax.lax.fori_loop(0, repeats, again, jnp.zeros_like(w))

        many, zero = jax.jit(loop), jnp.asarray(0.0)
        peers[name + ", in a loop"] = (lambda: many(zero, *arguments), repeats)
    return peers


def orders(m: int):
    """The tree of the orders of m minibatches, by levels: every node's parent and its minibatch."""
    nodes = [()]
    for _ in range(m):
        children = [(i, p + (k,)) for i, p in enumerate(nodes) for k in range(m) if k not in p]
        nodes = [p for _, p in children]
        yield np.array([i for i, _ in children]), np.array([p[-1] for p in nodes])


def jax_orders(m: int, w, x, y):
    """The mean end point: a vectorized tree over the last few minibatches, after every prefix."""
    gradient, last = derivatives(SMALL)[0], min(m - 1, 6)
    levels = list(orders(last))
    deals = [p + tuple(k for k in range(m) if k not in p) for p in itertools.permutations(range(m), m - last)]

    def subtree(w, x, y):
        for k in range(m - last):
            w = w - STEP * gradient(w, x[k], y[k])
        ends, x, y = w[None], x[m - last :], y[m - last :]
        for parent, batch in levels:
            ends = ends[parent] - STEP * jax.vmap(gradient)(ends[parent], x[batch], y[batch])
        return ends.mean(0)

    walk = lambda w, x, y, deals: jax.lax.map(lambda d: subtree(w, x[d], y[d]), deals).mean(0)
    return jax_peers("JAX prefix tree", walk, w, x, y, np.array(deals))


def numpy_gradients(w, x, y):
    """Row by row the gradient at w[i] on the minibatch x[i], y[i], in products of stacked matrices."""
    net, activations = list(split(w, SMALL)), [x]
    for matrix, bias in net[:-1]:
        z = activations[-1] @ matrix.swapaxes(1, 2) + bias[:, None]
        activations.append(np.tanh(z, out=z))
    delta = (activations[-1] @ net[-1][0].swapaxes(1, 2) + net[-1][1][:, None] - y) / y.shape[1]
    parts = []
    for (matrix, _), a in zip(reversed(net), reversed(activations)):
        parts += [delta.sum(1), (delta.swapaxes(1, 2) @ a).reshape(len(w), -1)]
        if a is not x:
            delta = (delta @ matrix) * (1 - a * a)
    return np.concatenate(parts[::-1], axis=1)


def numpy_orders(m: int, w, x, y, chunk=240):  # a chunk's numbers stay in the cache
    levels = list(orders(m))

    def walk():
        ends = w[None]
        for level in levels:
            starts, ends = ends, np.empty((len(level[0]), len(w)))
            for c in range(0, len(ends), chunk):
                parent, batch = (column[c : c + chunk] for column in level)
                here = starts[parent]
                ends[c : c + chunk] = here - STEP * numpy_gradients(here, x[batch], y[batch])
        return ends.mean(0)

    return {"NumPy prefix tree": (walk, 1)}


def diffrax_flow(field, w, x, y):
    """Where minus the field leads from w in time 1."""

    def flow(w, x, y):
        tight = diffrax.PIDController(rtol=1e-12, atol=1e-12)
        term = diffrax.ODETerm(lambda t, w, _: -field(w, x, y))
        solver, save = diffrax.Dopri8(), diffrax.SaveAt(t1=True)
        end = diffrax.diffeqsolve(term, solver, 0.0, 1.0, 0.01, w, stepsize_controller=tight, saveat=save)
        return end.ys[0]

    return jax_peers("diffrax Dopri8", flow, w, x, y)


def net_of(workload: str, size: str):
    """The net's layers and its number of examples."""
    if workload in ("K5", "K6", "K7"):
        return SMALL, 4 * int(size[2:]) if workload == "K5" else 32
    layers, examples = size.split(" N=")
    return [int(n) for n in layers.split("-")], int(examples)


def cost(workload: str, size: str):
    """The flops and the tanh evaluations that the result cannot be had without; none known for K6."""
    if workload in ("K1", "K6"):
        return (2 * int(size[2:]) ** 2, 0) if workload == "K1" else None
    layers, examples = net_of(workload, size)
    if workload == "K5":
        m = int(size[2:])
        examples = 4 * sum(math.perm(m, k) for k in range(1, m + 1))
    examples *= STEPS if workload == "K7" else 1
    products = [i * o for i, o in zip(layers, layers[1:])]
    every, later = {"K3hvp": (3, 5), "K3mod": (4, 5), "K4": (4, 5)}.get(workload, (2, 1))
    flops = 2 * examples * (every * sum(products) + later * sum(products[1:]))
    return flops, examples * sum(layers[1:-1])


def peers_of(workload: str, size: str):
    """By name, the peers of a row: (call, how often a call computes the row)."""
    flops = (cost(workload, size) or [None])[0]
    if workload == "K1":
        n = int(size[2:])
        m, b, w = uniform(5000 + n, n, n), uniform(6000 + n, n), uniform(7000 + n, n)
        a = (m + m.T) / 2 / np.sqrt(n) + 2 * np.eye(n)
        numpy = {"NumPy": (lambda: a @ w - b, 1)}
        return numpy | jax_peers("JAX", lambda w, a, b: a @ w - b, w, a, b, flops=flops)
    layers, n = net_of(workload, size)
    gradient, hessian_vector, modified = derivatives(layers)
    w, x, y = weights(layers), uniform(7000, n, layers[0]), uniform(7001, n, layers[-1])
    deal = lambda m: (w, x.reshape(m, n // m, -1), y.reshape(m, n // m, -1))
    if workload == "K2":
        return jax_peers("JAX grad", gradient, w, x, y, flops=flops)
    if workload == "K3hvp":
        along = jax.jit(gradient)(w, x, y)
        return jax_peers("JAX jvp of grad", hessian_vector, w, along, x, y, flops=flops)
    if workload == "K3mod":
        return jax_peers("JAX linearize", modified, w, x, y, flops=flops)
    if workload == "K4":
        at_once = lambda w, x, y: jax.vmap(modified, (None, 0, 0))(w, x, y).mean(0)
        add = lambda w: lambda total, batch: (total + modified(w, *batch), None)
        in_turn = lambda w, x, y: jax.lax.scan(add(w), jnp.zeros_like(w), (x, y))[0] / BATCHES
        vmap = jax_peers("JAX vmap", at_once, *deal(BATCHES), flops=flops)
        return vmap | jax_peers("JAX scan", in_turn, *deal(BATCHES), flops=flops)
    if workload == "K5":
        m = int(size[2:])
        return numpy_orders(m, *deal(m)) | jax_orders(m, *deal(m))
    if workload == "K6":
        return diffrax_flow(gradient if size == "gf" else modified, w, x, y)
    step = lambda x, y: lambda w, _: (w - STEP * gradient(w, x, y), None)
    descend = lambda w, x, y: jax.lax.scan(step(x, y), w, length=STEPS, unroll=8)[0]
    return jax_peers("JAX scan, unroll 8", descend, w, x, y)


