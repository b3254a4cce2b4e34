"""The JAX peer: one jitted function a step, parameters and optimizer state donated, Adam from optax.

XLA takes as many threads as the process may use processors: with one thread, the process is bound to one.
"""

import os
import sys

from serve import EPSILON, LEARNING_RATE, POOL, missing, serve

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 2
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
os.environ.setdefault("JAX_PLATFORMS", "cpu")

try:
    import jax
    import numpy
    import optax
    from jax import numpy as jnp
    from networks_jax import DISCRIMINATOR, GENERATOR, LATENT, NETWORKS
except ImportError as error:
    missing(error)

OPTIMIZER = optax.adam(LEARNING_RATE, eps=EPSILON)


def training(work, batch):
    (init, apply), sample, reproduces = NETWORKS[work]
    params, state, _ = init(jax.random.key(0), sample)
    slots = OPTIMIZER.init(params)
    random = numpy.random.default_rng(1)
    pool = [
        (random.random((batch, *sample), numpy.float32), random.integers(0, 10, batch, numpy.int32))
        for _ in range(POOL)
    ]

    def loss_of(params, state, x, y, key):
        predicted, state = apply(params, state, x, key)
        if reproduces:
            return jnp.square(predicted - x).mean(), state
        return optax.softmax_cross_entropy_with_integer_labels(predicted, y).mean(), state

    def update(params, state, slots, x, y, number):
        key = jax.random.fold_in(jax.random.key(1), number)
        (loss, state), slopes = jax.value_and_grad(loss_of, has_aux=True)(params, state, x, y, key)
        changes, slots = OPTIMIZER.update(slopes, slots)
        return loss, optax.apply_updates(params, changes), state, slots

    update = jax.jit(update, donate_argnums=(0, 1, 2))
    at = 0

    def step():
        nonlocal params, state, slots, at
        x, y = pool[at % POOL]
        at += 1
        loss, params, state, slots = update(params, state, slots, x, y, at)
        return float(loss)

    step()  # compiles
    return step


def adversarial(batch):
    """The discriminator learns, then the generator, in one compiled step."""
    g, _, _ = GENERATOR[0](jax.random.key(0), (LATENT,))
    d, _, _ = DISCRIMINATOR[0](jax.random.key(1), (784,))
    none_g, none_d = [()] * len(g), [()] * len(d)
    make = lambda g, z: GENERATOR[1](g, none_g, z, jax.random.key(0))[0]  # noqa: E731
    judge = lambda d, x: DISCRIMINATOR[1](d, none_d, x, jax.random.key(0))[0]  # noqa: E731
    judged = lambda logits, label: optax.sigmoid_binary_cross_entropy(  # noqa: E731
        logits, jnp.full_like(logits, label)
    ).mean()
    slots_g, slots_d = OPTIMIZER.init(g), OPTIMIZER.init(d)
    random = numpy.random.default_rng(1)
    pool = [random.random((batch, 784), numpy.float32) * 2 - 1 for _ in range(POOL)]

    def update(g, d, slots_g, slots_d, real, number):
        z = jax.random.normal(jax.random.fold_in(jax.random.key(2), number), (batch, LATENT))
        fake, pull = jax.vjp(lambda g: make(g, z), g)
        d_loss, slope = jax.value_and_grad(lambda d: judged(judge(d, real), 1.0) + judged(judge(d, fake), 0.0))(d)
        changes, slots_d = OPTIMIZER.update(slope, slots_d)
        d = optax.apply_updates(d, changes)
        g_loss, push = jax.value_and_grad(lambda fake: judged(judge(d, fake), 1.0))(fake)
        changes, slots_g = OPTIMIZER.update(pull(push)[0], slots_g)
        return d_loss + g_loss, optax.apply_updates(g, changes), d, slots_g, slots_d

    update = jax.jit(update, donate_argnums=(0, 1, 2, 3))
    at = 0

    def step():
        nonlocal g, d, slots_g, slots_d, at
        real = pool[at % POOL]
        at += 1
        loss, g, d, slots_g, slots_d = update(g, d, slots_g, slots_d, real, at)
        return float(loss)

    step()
    return step


def matrix_product(size):
    random = numpy.random.default_rng(1)
    a, b = (jnp.asarray(random.random((size, size), numpy.float32)) for _ in range(2))
    multiply = jax.jit(jnp.matmul)

    def step():
        return float(multiply(a, b).block_until_ready()[0, 0])

    step()
    return step


def setup(message):
    kind = message.get("kind", "train")
    if kind == "train" and message["work"] == "gan":
        return adversarial(message["batch"])
    if kind == "train":
        return training(message["work"], message["batch"])
    if kind == "matmul":
        return matrix_product(message["size"])
    raise ValueError(f"JAX is not measured for {kind!r}")


def info():
    variants = {work: ["jit, optax Adam"] for work in (*NETWORKS, "gan")}
    return {"name": "JAX", "version": jax.__version__, "variants": variants}


serve(info, setup)
