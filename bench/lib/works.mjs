// What is measured, and what the project asks of it.

/**
 * Floating-point operations of one image: each weight of a layer at each position is one multiply-add forward, one
 * for the gradient of the weights, and one for the gradient of the layer's input (which the first layer needs not).
 */
function trainingFlops(layers) {
  return layers.reduce((sum, multiplyAdds, i) => sum + 2 * multiplyAdds * (i === 0 ? 2 : 3), 0);
}

export const WORKS = {
  mlp: {
    what: '784-128-10',
    flopsPerImage: trainingFlops([784 * 128, 128 * 10]),
    againstPyTorch: { reach: 1.2, aim: 2 },
  },
  lenet5: {
    what: 'LeNet-5 on 28×28',
    flopsPerImage: trainingFlops([28 * 28 * 25 * 6, 10 * 10 * 25 * 6 * 16, 400 * 120, 120 * 84, 84 * 10]),
    againstPyTorch: { reach: 1.5, aim: 3 },
  },
  cnn: {
    what: "Keras' MNIST example, conv 32 – conv 64",
    flopsPerImage: trainingFlops([26 * 26 * 9 * 32, 11 * 11 * 9 * 32 * 64, 1600 * 10]),
    againstPyTorch: { reach: 1, aim: 2 },
  },
};

export const BATCHES = [32, 128];
export const MATRIX_SIZE = 1024;

/** `better` says which direction is good. */
export const TARGETS = {
  againstJavaScript: { reach: 10, aim: 100, better: 'more', unit: '×' },
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
