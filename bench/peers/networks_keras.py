"""The networks as Keras models; networks.mjs holds Fathom's."""

import keras
from keras import layers
from keras.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D

IMAGE = (28, 28, 1)
LATENT = 64


def mlp():
    return [Dense(128, activation="relu"), Dense(10)]


def lenet5():
    return [
        Conv2D(6, 5, padding="same", activation="relu"),
        MaxPooling2D(),
        Conv2D(16, 5, activation="relu"),
        MaxPooling2D(),
        Flatten(),
        Dense(120, activation="relu"),
        Dense(84, activation="relu"),
        Dense(10),
    ]


def cnn():
    return [
        Conv2D(32, 3, activation="relu"),
        MaxPooling2D(),
        Conv2D(64, 3, activation="relu"),
        MaxPooling2D(),
        Flatten(),
        Dropout(0.5),
        Dense(10),
    ]


def autoencoder():
    inner = [Dense(units, activation="relu") for units in (128, 32, 128)]
    return [*inner, Dense(784, activation="sigmoid")]


def lstm():
    return [layers.LSTM(128), Dense(10)]


def vgg11():
    blocks = []
    for block in ([64], [128], [256, 256], [512, 512], [512, 512]):
        blocks += [Conv2D(f, 3, padding="same", activation="relu") for f in block] + [MaxPooling2D()]
    head = [layer for _ in range(2) for layer in (Dense(4096, activation="relu"), Dropout(0.5))]
    return [*blocks, Flatten(), *head, Dense(10)]


def resnet18():
    """The form for CIFAR: a 3×3 stem and no pooling before the stages."""

    def normed(x, filters, size, stride=1):
        if stride > 1 and size > 1:
            x = layers.ZeroPadding2D(1)(x)
        pads = "valid" if stride > 1 and size > 1 else "same"
        x = Conv2D(filters, size, stride, padding=pads, use_bias=False)(x)
        return BatchNormalization(momentum=0.9, epsilon=1e-5)(x)

    inputs = keras.Input((32, 32, 3))
    x = layers.ReLU()(normed(inputs, 64, 3))
    for outputs, strides in ((64, (1, 1)), (128, (2, 1)), (256, (2, 1)), (512, (2, 1))):
        for stride in strides:
            y = normed(layers.ReLU()(normed(x, outputs, 3, stride)), outputs, 3)
            if stride > 1:
                x = normed(x, outputs, 1, stride)
            x = layers.ReLU()(layers.Add()([x, y]))
    return keras.Model(inputs, Dense(10)(layers.GlobalAveragePooling2D()(x)))


def generator():
    leaky = lambda: layers.LeakyReLU(negative_slope=0.2)  # noqa: E731
    return keras.Sequential(
        [keras.Input((LATENT,)), Dense(256), leaky(), Dense(512), leaky(), Dense(784, activation="tanh")]
    )


def discriminator():
    leaky = lambda: layers.LeakyReLU(negative_slope=0.2)  # noqa: E731
    return keras.Sequential([keras.Input((784,)), Dense(512), leaky(), Dense(256), leaky(), Dense(1)])


# Of each work: the network, the shape of a sample, and whether its targets are its inputs.
NETWORKS = {
    "mlp": (mlp, (784,), False),
    "lenet5": (lenet5, IMAGE, False),
    "cnn": (cnn, IMAGE, False),
    "autoencoder": (autoencoder, (784,), True),
    "lstm": (lstm, (64, 64), False),
    "vgg11": (vgg11, (32, 32, 3), False),
    "resnet18": (resnet18, (32, 32, 3), False),
}


def model_of(work):
    build, sample, _ = NETWORKS[work]
    made = build()
    return keras.Sequential([keras.Input(sample), *made]) if isinstance(made, list) else made
