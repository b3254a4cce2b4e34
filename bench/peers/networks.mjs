// The networks that Fathom trains here, as its users write them; networks.py holds PyTorch's.

import { GROWTH } from '../lib/works.mjs';

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
  vgg11: {
    sample: [32, 32, 3],
    build: ({ vgg11 }) => vgg11({ inputShape: [32, 32, 3], classes: 10 }),
  },
  resnet18: {
    sample: [32, 32, 3],
    build: ({ resNet18 }) => resNet18({ inputShape: [32, 32, 3], classes: 10, stem: 'cifar' }),
  },
  gan: { sample: [784], step: adversarial },
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

for (const [name, { width, depth, image: side }] of Object.entries(GROWTH)) {
  NETWORKS[`growth-${name}`] = {
    sample: [side, side, 3],
    build: ({ sequential, layers: { conv2d, globalAveragePooling2d, dense } }) =>
      sequential([
        ...Array.from({ length: depth }, (_, i) =>
          conv2d({
            filters: width,
            kernelSize: 3,
            padding: 'same',
            ...relu,
            ...(i === 0 ? { inputShape: [side, side, 3] } : {}),
          }),
        ),
        globalAveragePooling2d(),
        dense({ units: 10, activation: 'softmax' }),
      ]),
  };
}

const LATENT = 64;

/** A step of a generative adversarial network: the discriminator learns, then the generator. */
function adversarial({ adam, losses, ops, sequential, trainStep, layers: { dense, leakyRelu } }, options) {
  const leaky = () => leakyRelu({ negativeSlope: 0.2 });
  const generator = sequential([
    dense({ units: 256, inputShape: [LATENT] }),
    leaky(),
    dense({ units: 512 }),
    leaky(),
    dense({ units: 784, activation: 'tanh' }),
  ]);
  const discriminator = sequential([
    dense({ units: 512, inputShape: [784] }),
    leaky(),
    dense({ units: 256 }),
    leaky(),
    dense({ units: 1 }),
  ]);
  const [forG, forD] = [adam(), adam()];
  const judged = losses.binaryCrossentropy({ fromLogits: true });
  return trainStep({
    ...options,
    inputs: { real: [784] },
    build(scope, { real }) {
      const { batchSize } = scope;
      const fake = scope.call(generator, scope.randomNormal([batchSize, LATENT]));
      const [yes, no] = [ops.ones([batchSize, 1]), ops.zeros([batchSize, 1])];
      const judge = (x) => scope.call(discriminator, x);
      const dLoss = ops.add(scope.loss(judged, yes, judge(real)), scope.loss(judged, no, judge(fake)));
      scope.minimize(dLoss, discriminator, forD);
      const gLoss = scope.loss(judged, yes, judge(fake));
      scope.minimize(gLoss, generator, forG);
      return { dLoss, gLoss };
    },
  });
}
