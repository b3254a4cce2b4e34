// What is measured, and what the project asks of it.

/**
 * Floating-point operations of one image: each weight of a layer at each position is one multiply-add forward, one
 * for the gradient of the weights, and one for the gradient of the layer's input (which the first layer needs not).
 */
function trainingFlops(layers) {
  return layers.reduce((sum, multiplyAdds, i) => sum + 2 * multiplyAdds * (i === 0 ? 2 : 3), 0);
}

/** Multiply-adds of the four stages: 3×3 convolutions, the second in each block of equal width, and 1×1 shortcuts. */
const RESNET18_STAGES =
  4 * 32 * 32 * 9 * 64 * 64 +
  [64, 128, 256].reduce((sum, inputs, i) => {
    const places = (16 / 2 ** i) ** 2;
    return sum + places * (9 * inputs * 2 * inputs + 3 * 9 * 4 * inputs ** 2 + 2 * inputs ** 2);
  }, 0);

/** Of the GAN: multiply-adds of its two halves, and of the layer that images enter. */
const GAN = {
  generator: 64 * 256 + 256 * 512 + 512 * 784,
  discriminator: 784 * 512 + 512 * 256 + 256,
  first: 784 * 512,
};

export const WORKS = {
  mlp: {
    what: '784-128-10',
    flopsPerImage: trainingFlops([784 * 128, 128 * 10]),
    againstPyTorch: { reach: 1.2, aim: 2 },
    native: { reach: 1.5, aim: 4 },
  },
  lenet5: {
    what: 'LeNet-5 on 28×28',
    flopsPerImage: trainingFlops([28 * 28 * 25 * 6, 10 * 10 * 25 * 6 * 16, 400 * 120, 120 * 84, 84 * 10]),
    againstPyTorch: { reach: 1.5, aim: 3 },
    native: { reach: 1.5, aim: 4 },
  },
  cnn: {
    what: "Keras' MNIST example, conv 32 – conv 64",
    flopsPerImage: trainingFlops([26 * 26 * 9 * 32, 11 * 11 * 9 * 32 * 64, 1600 * 10]),
    againstPyTorch: { reach: 1, aim: 2 },
    native: { reach: 1.5, aim: 4 },
  },
  autoencoder: {
    what: 'dense 784-128-32-128-784',
    flopsPerImage: trainingFlops([784 * 128, 128 * 32, 32 * 128, 128 * 784]),
    againstPyTorch: { reach: 1.5, aim: 2 },
    native: { reach: 1, aim: 2 },
  },
  lstm: {
    what: 'LSTM of 128 units, 64 steps of 64 features',
    flopsPerImage: trainingFlops([64 * 64 * 512]) + trainingFlops([0, 64 * 128 * 512, 128 * 10]),
    batches: [64],
    againstPyTorch: { reach: 1, aim: 2 },
    native: { reach: 1, aim: 2 },
  },
  gan: {
    what: 'dense generator 64-256-512-784 and discriminator 784-512-256-1, each with its Adam',
    // The discriminator learns from real and from made images; then the generator through it.
    flopsPerImage:
      2 * (2 * (3 * GAN.discriminator - GAN.first) + 2 * GAN.discriminator + 3 * GAN.generator - 64 * 256),
    batches: [64],
    againstPyTorch: { reach: 1, aim: 2 },
    native: { reach: 1, aim: 2 },
  },
  vgg11: {
    what: 'VGG-11 on 32×32×3 with its two dense layers of 4096',
    flopsPerImage: trainingFlops([
      32 * 32 * 27 * 64,
      9 * (16 * 16 * 64 * 128 + 8 * 8 * (128 * 256 + 256 * 256) + 4 * 4 * (256 * 512 + 512 * 512)),
      9 * 2 * 2 * 2 * 512 * 512 + 512 * 4096 + 4096 * 4096 + 4096 * 10,
    ]),
    batches: [32],
    patient: true,
    againstPyTorch: { reach: 1, aim: 1.5 },
    native: { reach: 1, aim: 1.5 },
  },
  transformer: {
    what: 'a block 128 wide, 4 heads, feed-forward 512, 64 tokens',
    flopsPerImage: trainingFlops([0, 64 * 128 * (4 * 128 + 2 * 64 + 2 * 512), 128 * 10]),
    batches: [32],
    againstPyTorch: { reach: 1, aim: 1 },
    native: { reach: 1, aim: 1 },
  },
  resnet18: {
    what: 'ResNet-18 in its form for CIFAR, 32×32×3',
    flopsPerImage: trainingFlops([32 * 32 * 27 * 64, RESNET18_STAGES, 512 * 10]),
    batches: [32],
    patient: true,
    againstPyTorch: { reach: 1, aim: 1.5 },
    native: { reach: 1, aim: 1.5 },
  },
};

/** The networks of the growth table: each but the first is twice the first in one way. */
export const GROWTH = {
  base: { width: 32, depth: 4, batch: 32, image: 32 },
  width: { width: 64, depth: 4, batch: 32, image: 32 },
  depth: { width: 32, depth: 8, batch: 32, image: 32 },
  batch: { width: 32, depth: 4, batch: 64, image: 32 },
  image: { width: 32, depth: 4, batch: 32, image: 64 },
};

/** Operations of a step. */
export function growthFlops(name) {
  const { width, depth, batch, image } = GROWTH[name];
  const places = 9 * image * image;
  return batch * trainingFlops([places * 3 * width, (depth - 1) * places * width * width, width * 10]);
}

export const BATCHES = [32, 128];
export const MATRIX_SIZES = [1024, 2048];

/** `better` says which direction is good. */
export const TARGETS = {
  againstJavaScript: { reach: 10, aim: 100, better: 'more', unit: '×' },
  growth: { reach: 1.05, aim: 1, better: 'less', unit: '×' },
  openblas: { reach: 0.85, aim: 1, better: 'more', unit: '' },
  inference: { reach: 1, aim: 1.5, better: 'more', unit: '×' },
  accuracy: { reach: 2, aim: 4, better: 'more', unit: '×' },
  wasmOfNative: { reach: 0.45, aim: 0.6, better: 'more', unit: '' },
  matmul: { reach: 0.75, aim: 0.9, better: 'more', unit: '' },
  threads: { reach: 1.7, aim: 1.9, better: 'more', unit: '×' },
  predict: { reach: 150, aim: 50, better: 'less', unit: 'µs' },
  import: { reach: 60, aim: 30, better: 'less', unit: 'ms' },
  bundle: { reach: 80, aim: 60, better: 'less', unit: 'kB' },
  memory: { reach: 1, aim: 0.5, better: 'less', unit: '×' },
  compile: { reach: 150, aim: 150, better: 'less', unit: 'ms' },
};

/** 'aim', 'reach' or 'falls short'; '–' where there is nothing to judge. */
export function verdict(value, { reach, aim, better = 'more' }) {
  if (value === undefined || Number.isNaN(value)) return '–';
  const meets = (limit) => (better === 'more' ? value >= limit : value <= limit);
  if (meets(aim)) return 'aim';
  return meets(reach) ? 'reach' : 'falls short';
}
