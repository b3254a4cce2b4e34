"""The networks as plain JAX: a layer is (init, apply), channels last; networks.mjs holds Fathom's.

`init(key, shape)` gives parameters, state and the shape of a result; `apply(params, state, x, key)` the result and the
new state, which only batch normalization has.
"""

import math

import jax
from jax import lax
from jax import numpy as jnp

MOMENTUM, NORM_EPSILON = 0.9, 1e-5


def uniform(key, shape, fan_in, fan_out):
    limit = math.sqrt(6 / (fan_in + fan_out))
    return jax.random.uniform(key, shape, minval=-limit, maxval=limit)


def simple(function, shape_of=lambda shape: shape):
    return (lambda key, shape: ((), (), shape_of(shape))), (lambda p, s, x, key: (function(x), s))


relu = simple(jax.nn.relu)
sigmoid = simple(jax.nn.sigmoid)
tanh = simple(jnp.tanh)
leaky_relu = simple(lambda x: jax.nn.leaky_relu(x, 0.2))
flatten = simple(lambda x: x.reshape(x.shape[0], -1), lambda shape: (math.prod(shape),))
global_mean = simple(lambda x: x.mean((1, 2)), lambda shape: shape[-1:])


def dense(units):
    def init(key, shape):
        return (uniform(key, (shape[-1], units), shape[-1], units), jnp.zeros(units)), (), (*shape[:-1], units)

    return init, lambda p, s, x, key: (x @ p[0] + p[1], s)


def conv(filters, size, stride=1, padding="VALID", bias=True):
    pads = [(padding, padding)] * 2 if isinstance(padding, int) else padding

    def run(x, kernel):
        numbers = ("NHWC", "HWIO", "NHWC")
        return lax.conv_general_dilated(x, kernel, (stride, stride), pads, dimension_numbers=numbers)

    def init(key, shape):
        area = size * size
        kernel = uniform(key, (size, size, shape[-1], filters), area * shape[-1], area * filters)
        out = jax.eval_shape(run, jax.ShapeDtypeStruct((1, *shape), jnp.float32), kernel).shape[1:]
        return ((kernel, jnp.zeros(filters)) if bias else (kernel,)), (), out

    def apply(p, s, x, key):
        y = run(x, p[0])
        return (y + p[1] if bias else y), s

    return init, apply


def max_pool(size=2):
    window = (1, size, size, 1)
    return simple(
        lambda x: lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID"),
        lambda shape: (shape[0] // size, shape[1] // size, shape[2]),
    )


def dropout(rate):
    def apply(p, s, x, key):
        keep = jax.random.bernoulli(key, 1 - rate, x.shape)
        return jnp.where(keep, x / (1 - rate), 0), s

    return (lambda key, shape: ((), (), shape)), apply


def batch_norm():
    def init(key, shape):
        c = shape[-1]
        return (jnp.ones(c), jnp.zeros(c)), (jnp.zeros(c), jnp.ones(c)), shape

    def apply(p, s, x, key):
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        y = (x - mean) * (lax.rsqrt(variance + NORM_EPSILON) * p[0]) + p[1]
        keep = lambda old, new: MOMENTUM * old + (1 - MOMENTUM) * new  # noqa: E731
        return y, (keep(s[0], mean), keep(s[1], variance))

    return init, apply


def serial(*layers):
    def init(key, shape):
        params, state = [], []
        for (layer_init, _), k in zip(layers, jax.random.split(key, len(layers))):
            p, s, shape = layer_init(k, shape)
            params.append(p)
            state.append(s)
        return params, state, shape

    def apply(p, s, x, key):
        state = []
        for (_, layer), own, old, k in zip(layers, p, s, jax.random.split(key, len(layers))):
            x, new = layer(own, old, x, k)
            state.append(new)
        return x, state

    return init, apply


def residual(inputs, outputs, stride):
    norm = lambda filters, size, step, pad: (conv(filters, size, step, pad, bias=False), batch_norm())  # noqa: E731
    main = serial(*norm(outputs, 3, stride, 1), relu, *norm(outputs, 3, 1, 1))
    plain = stride == 1 and inputs == outputs
    short = serial() if plain else serial(*norm(outputs, 1, stride, 0))

    def init(key, shape):
        (p, s, out), (q, t, _) = main[0](key, shape), short[0](key, shape)
        return (p, q), (s, t), out

    def apply(p, s, x, key):
        y, new = main[1](p[0], s[0], x, key)
        z, newer = short[1](p[1], s[1], x, key)
        return jax.nn.relu(y + z), (new, newer)

    return init, apply


def lstm(units):
    def init(key, shape):
        a, b = jax.random.split(key)
        weights = uniform(a, (shape[-1], 4 * units), shape[-1], 4 * units)
        return (weights, uniform(b, (units, 4 * units), units, 4 * units), jnp.zeros(4 * units)), (), (units,)

    def apply(p, s, x, key):
        projected = jnp.moveaxis(x @ p[0] + p[2], 1, 0)

        def step(carry, now):
            h, c = carry
            i, f, g, o = jnp.split(now + h @ p[1], 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), None

        zero = jnp.zeros((x.shape[0], units))
        (h, _), _ = lax.scan(step, (zero, zero), projected)
        return h, s

    return init, apply


def vgg11():
    blocks = [[64], [128], [256, 256], [512, 512], [512, 512]]
    features = [layer for block in blocks for f in block for layer in (conv(f, 3, padding="SAME"), relu)]
    at = 0
    for block in blocks:
        at += 2 * len(block)
        features.insert(at, max_pool())
        at += 1
    head = [dense(4096), relu, dropout(0.5), dense(4096), relu, dropout(0.5), dense(10)]
    return serial(*features, flatten, *head)


def resnet18():
    stages, inputs = [], 64
    for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        stages += [residual(inputs, outputs, stride), residual(outputs, outputs, 1)]
        inputs = outputs
    return serial(conv(64, 3, 1, 1, bias=False), batch_norm(), relu, *stages, global_mean, dense(10))


LATENT = 64
GENERATOR = serial(dense(256), leaky_relu, dense(512), leaky_relu, dense(784), tanh)
DISCRIMINATOR = serial(dense(512), leaky_relu, dense(256), leaky_relu, dense(1))

IMAGE = (28, 28, 1)
# Of each work: the network, the shape of a sample, and whether its targets are its inputs.
NETWORKS = {
    "mlp": (serial(dense(128), relu, dense(10)), (784,), False),
    "lenet5": (
        serial(
            *(conv(6, 5, padding="SAME"), relu, max_pool(), conv(16, 5), relu, max_pool(), flatten),
            *(dense(120), relu, dense(84), relu, dense(10)),
        ),
        IMAGE,
        False,
    ),
    "cnn": (
        serial(
            *(conv(32, 3), relu, max_pool(), conv(64, 3), relu, max_pool()),
            *(flatten, dropout(0.5), dense(10)),
        ),
        IMAGE,
        False,
    ),
    "autoencoder": (
        serial(dense(128), relu, dense(32), relu, dense(128), relu, dense(784), sigmoid),
        (784,),
        True,
    ),
    "lstm": (serial(lstm(128), dense(10)), (64, 64), False),
    "vgg11": (vgg11(), (32, 32, 3), False),
    "resnet18": (resnet18(), (32, 32, 3), False),
}
