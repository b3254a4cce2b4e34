"""Seconds to 98 % and 99 % on MNIST's test set, Keras on TensorFlow: `python keras_mnist.py SEED`. A line a goal."""

import json
import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from keras import layers
from mnist import BATCH, GOALS, LOOK_EVERY, MOST_EPOCHS, load

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)
(x, y), (test_x, test_y) = load()
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]
)
# On processors XLA is slower for convolutions than TensorFlow's own kernels.
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
samples = tf.data.Dataset.from_tensor_slices((x[..., None], y))
batches = samples.shuffle(len(x), seed=seed).repeat().batch(BATCH).prefetch(2)
tests = tf.data.Dataset.from_tensor_slices((test_x[..., None], test_y)).batch(500)
goals = list(GOALS)


class Look(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs):
        accuracy = logs["val_accuracy"]
        while goals and accuracy >= goals[0]:
            steps = (epoch + 1) * LOOK_EVERY
            print(json.dumps({"goal": goals.pop(0), "accuracy": accuracy, "steps": steps}), flush=True)
        if not goals:
            self.model.stop_training = True


# An epoch here is a quarter of the images, so that the test comes as often as in the other scripts.
quarters = MOST_EPOCHS * len(x) // (BATCH * LOOK_EVERY)
model.fit(
    batches,
    epochs=quarters,
    steps_per_epoch=LOOK_EVERY,
    validation_data=tests,
    callbacks=[Look()],
    verbose=0,
)
