"""The Keras peer on TensorFlow: `train_on_batch` of a compiled model, with XLA and without; the GAN as a tf.function."""

import os
import sys

from serve import EPSILON, LEARNING_RATE, POOL, missing, serve

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 2
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

try:
    import keras
    import numpy
    import tensorflow as tf
    from networks_keras import LATENT, NETWORKS, discriminator, generator, model_of
except ImportError as error:
    missing(error)

tf.config.threading.set_intra_op_parallelism_threads(THREADS)
tf.config.threading.set_inter_op_parallelism_threads(THREADS)

VARIANTS = {"train_on_batch": False, "train_on_batch, XLA": True}


def adam():
    return keras.optimizers.Adam(LEARNING_RATE, epsilon=EPSILON)


def training(work, batch, jit):
    _, sample, reproduces = NETWORKS[work]
    model = model_of(work)
    labels = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=adam(), loss="mse" if reproduces else labels, jit_compile=jit)
    random = numpy.random.default_rng(1)
    pool = []
    for _ in range(POOL):
        x = tf.constant(random.random((batch, *sample), numpy.float32))
        pool.append((x, x if reproduces else tf.constant(random.integers(0, 10, batch, numpy.int32))))
    at = 0

    def step():
        nonlocal at
        x, y = pool[at % POOL]
        at += 1
        loss = model.train_on_batch(x, y)
        return loss[0] if isinstance(loss, (list, tuple)) else loss

    step()  # traces and compiles
    return step


def adversarial(batch, jit):
    """The discriminator learns, then the generator, in one compiled step."""
    g, d = generator(), discriminator()
    for_g, for_d = adam(), adam()
    for_g.build(g.trainable_variables)
    for_d.build(d.trainable_variables)
    judged = keras.losses.BinaryCrossentropy(from_logits=True)
    yes, no = tf.ones((batch, 1)), tf.zeros((batch, 1))
    random = numpy.random.default_rng(1)
    pool = [tf.constant(random.random((batch, 784), numpy.float32) * 2 - 1) for _ in range(POOL)]

    @tf.function(jit_compile=jit)
    def update(real):
        z = tf.random.normal((batch, LATENT))
        with tf.GradientTape(persistent=True) as tape:
            fake = g(z, training=True)
            with tf.GradientTape() as inner:
                d_loss = judged(yes, d(real, training=True)) + judged(no, d(tf.stop_gradient(fake), training=True))
            for_d.apply(inner.gradient(d_loss, d.trainable_variables), d.trainable_variables)
            g_loss = judged(yes, d(fake, training=True))
        for_g.apply(tape.gradient(g_loss, g.trainable_variables), g.trainable_variables)
        return d_loss + g_loss

    at = 0

    def step():
        nonlocal at
        real = pool[at % POOL]
        at += 1
        return float(update(real))

    step()
    return step


def matrix_product(size):
    a, b = tf.random.uniform((size, size)), tf.random.uniform((size, size))

    def step():
        return float(tf.matmul(a, b)[0, 0])

    return step


def setup(message):
    kind = message.get("kind", "train")
    if kind == "matmul":
        return matrix_product(message["size"])
    if kind != "train":
        raise ValueError(f"Keras is not measured for {kind!r}")
    jit = VARIANTS[message.get("variant") or "train_on_batch"]
    if message["work"] == "gan":
        return adversarial(message["batch"], jit)
    return training(message["work"], message["batch"], jit)


def info():
    variants = {work: list(VARIANTS) for work in (*NETWORKS, "gan")}
    return {"name": "Keras", "version": f"{keras.__version__} (TensorFlow {tf.__version__})", "variants": variants}


serve(info, setup)
