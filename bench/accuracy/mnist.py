"""MNIST's four files as numpy arrays: images [N, 28, 28] in [0, 1], labels [N]."""

import gzip
import os
from pathlib import Path

import numpy

GOALS = (0.98, 0.99)
LOOK_EVERY = 117  # steps: a quarter of an epoch
MOST_EPOCHS = 20
BATCH = 128


def load():
    folder = Path(os.environ["FATHOM_DATA"]) / "mnist"

    def read(name, offset):
        data = gzip.decompress((folder / f"{name}.gz").read_bytes())
        return numpy.frombuffer(data, numpy.uint8, offset=offset)

    def images(name):
        return read(name, 16).reshape(-1, 28, 28).astype(numpy.float32) / 255

    def labels(name):
        return read(name, 8).astype(numpy.int64)

    return (
        (images("train-images-idx3-ubyte"), labels("train-labels-idx1-ubyte")),
        (images("t10k-images-idx3-ubyte"), labels("t10k-labels-idx1-ubyte")),
    )
