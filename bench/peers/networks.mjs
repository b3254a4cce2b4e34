// The networks that Fathom trains here, as its users write them; networks.py holds PyTorch's.

const relu = { activation: 'relu' };
const image = { inputShape: [28, 28, 1] };

/** Of each work: the network, the shape of a sample, and what it is trained for. `targets` are labels or the input. */
export const NETWORKS = {
  mlp: {
    sample: [784],
    build: ({ sequential, layers: { dense } }) =>
      sequential([
        dense({ units: 128, inputShape: [784], ...relu }),
        dense({ units: 10, activation: 'softmax' }),
      ]),
  },
  lenet5: {
    sample: [28, 28, 1],
    build: ({ sequential, layers: { conv2d, maxPooling2d, flatten, dense } }) =>
      sequential([
        conv2d({ filters: 6, kernelSize: 5, padding: 'same', ...relu, ...image }),
        maxPooling2d({ poolSize: 2 }),
        conv2d({ filters: 16, kernelSize: 5, ...relu }),
        maxPooling2d({ poolSize: 2 }),
        flatten(),
        dense({ units: 120, ...relu }),
        dense({ units: 84, ...relu }),
        dense({ units: 10, activation: 'softmax' }),
      ]),
  },
  cnn: {
    sample: [28, 28, 1],
    build: ({ sequential, layers: { conv2d, maxPooling2d, flatten, dense, dropout } }) =>
      sequential([
        conv2d({ filters: 32, kernelSize: 3, ...relu, ...image }),
        maxPooling2d({ poolSize: 2 }),
        conv2d({ filters: 64, kernelSize: 3, ...relu }),
        maxPooling2d({ poolSize: 2 }),
        flatten(),
        dropout({ rate: 0.5 }),
        dense({ units: 10, activation: 'softmax' }),
      ]),
  },
  autoencoder: {
    sample: [784],
    targets: 'input',
    loss: 'meanSquaredError',
    build: ({ sequential, layers: { dense } }) =>
      sequential([
        dense({ units: 128, inputShape: [784], ...relu }),
        dense({ units: 32, ...relu }),
        dense({ units: 128, ...relu }),
        dense({ units: 784, activation: 'sigmoid' }),
      ]),
  },
  lstm: {
    sample: [64, 64],
    build: ({ sequential, layers: { lstm, dense } }) =>
      sequential([lstm({ units: 128, inputShape: [64, 64] }), dense({ units: 10, activation: 'softmax' })]),
  },
  transformer: {
    sample: [64, 128],
    build: ({
      input,
      model,
      layers: { multiHeadAttention, add, layerNormalization, dense, globalAveragePooling1d },
    }) => {
      const inputs = input({ shape: [64, 128] });
      const attended = multiHeadAttention({ numHeads: 4, keyDim: 32 })([inputs, inputs]);
      const x = layerNormalization()(add()([inputs, attended]));
      const inner = dense({ units: 512, activation: 'gelu' })(x);
      const y = layerNormalization()(add()([x, dense({ units: 128 })(inner)]));
      const outputs = dense({ units: 10, activation: 'softmax' })(globalAveragePooling1d()(y));
      return model({ inputs, outputs });
    },
  },
};
