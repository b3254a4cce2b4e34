import {
  type ActivationName,
  type AnyModel,
  layers,
  type Model,
  model,
  ops,
  resNet20,
  sequential,
} from '../../src/index.ts';
import { sizeOf } from '../../src/ir/shape.ts';
import type { BaseLayer } from '../../src/nn/layer.ts';
import type { DataInput } from '../../src/train/options.ts';
import { someNumbers } from './support.ts';

/** A small model, and what it is looked into with. */
export interface Case {
  readonly make: () => AnyModel;
  /** Samples of each input; drawn where they are left out. */
  readonly x?: readonly (readonly number[])[];
  /** A class, where the first output has several. */
  readonly target?: number;
  /** Layers of which no form is known, with a part of the sentence that says so. */
  readonly unknown?: Readonly<Record<string, string>>;
}

const { input } = layers;
const stack = (...list: readonly BaseLayer[]): Model => sequential([...list], { seed: 3 });
const softmax = (units: number) => layers.dense({ units, activation: 'softmax' });

/** Models of every kind that the library builds: what can be said of one number must be right in all of them. */
export const ZOO: Readonly<Record<string, Case>> = {
  'a colour picture in a convolutional network': {
    make: () =>
      stack(
        layers.conv2d({
          filters: 4,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
          inputShape: [9, 8, 3],
        }),
        layers.maxPooling2d(),
        layers.conv2d({ filters: 3, kernelSize: 2, strides: 2, activation: 'tanh' }),
        layers.dropout({ rate: 0.4 }),
        layers.globalAveragePooling2d(),
        softmax(4),
      ),
    target: 2,
  },
  'convolutions of other kinds': {
    make: () =>
      stack(
        layers.rescaling({ scale: 2, offset: -1, inputShape: [8, 8, 3] }),
        layers.separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2, activation: 'relu' }),
        layers.depthwiseConv2d({ kernelSize: 2, strides: 2 }),
        layers.batchNormalization(),
        layers.relu(),
        layers.conv2dTranspose({ filters: 3, kernelSize: 2, strides: 2 }),
        layers.locallyConnected2d({ filters: 2, kernelSize: 3, strides: 3 }),
        layers.averagePooling2d(),
        layers.flatten(),
        softmax(3),
      ),
    target: 0,
  },
  'a residual network': {
    make: () => {
      const x = input({ shape: [6, 6, 3] });
      const first = layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', useBias: false })(x);
      const start = layers.relu()(layers.batchNormalization()(first));
      let y = layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', useBias: false })(start);
      y = layers.relu()(layers.batchNormalization()(y));
      y = layers.batchNormalization()(layers.conv2d({ filters: 4, kernelSize: 1 })(y));
      const joined = layers.relu()(layers.add()([y, start]));
      return model({
        inputs: x,
        outputs: softmax(3)(layers.globalAveragePooling2d()(joined)),
        seed: 3,
      });
    },
    target: 1,
  },
  resNet20: {
    make: () => resNet20({ inputShape: [8, 8, 3], classes: 3, seed: 2 }),
    target: 2,
  },
  'branches that are merged in every way': {
    make: () => {
      const x = input({ shape: [4] });
      const branch = (activation: ActivationName) => layers.dense({ units: 3, activation })(x);
      const [a, b, c] = [branch('tanh'), branch('sigmoid'), branch('gelu')];
      const all = [
        layers.add()([a, b, c]),
        layers.subtract()([a, b]),
        layers.multiply()([a, b]),
        layers.average()([a, c]),
        layers.maximum()([a, b]),
        layers.minimum()([b, c]),
        layers.dot({ axes: 1 })([a, c]),
        layers.dot({ axes: 1, normalize: true })([b, c]),
      ];
      return model({ inputs: x, outputs: softmax(3)(layers.concatenate()(all)), seed: 3 });
    },
    target: 2,
  },
  'a table of numbers': {
    make: () =>
      stack(
        layers.normalization({ mean: [1, 2, 3, 4], variance: [1, 4, 0.5, 2], inputShape: [4] }),
        layers.dense({ units: 6, activation: 'elu' }),
        layers.layerNormalization(),
        layers.dense({ units: 5, activation: 'leakyRelu' }),
        softmax(3),
      ),
    target: 1,
  },
  'yes or no': {
    make: () =>
      stack(
        layers.dense({ units: 4, activation: 'tanh', inputShape: [3] }),
        layers.dense({ units: 1, activation: 'sigmoid' }),
      ),
    target: 1,
  },
  'a number': {
    make: () =>
      stack(layers.dense({ units: 4, activation: 'silu', inputShape: [3] }), layers.dense({ units: 1 })),
    target: 2,
  },
  'a sequence and convolutions in time': {
    make: () =>
      stack(
        layers.conv1d({
          filters: 4,
          kernelSize: 3,
          padding: 'causal',
          dilationRate: 2,
          activation: 'relu',
          inputShape: [9, 2],
        }),
        layers.maxPooling1d(),
        layers.locallyConnected1d({ filters: 3, kernelSize: 2 }),
        layers.groupNormalization({ groups: 3 }),
        layers.timeDistributed({ layer: layers.dense({ units: 3, activation: 'softmax' }) }),
        layers.flatten(),
        softmax(3),
      ),
    target: 0,
  },
  'words and an LSTM': {
    make: () => words(layers.lstm({ units: 3 })),
    x: [[4, 1, 5, 2, 0, 0]],
    target: 1,
  },
  'words, an LSTM and all its steps': {
    make: () => words(layers.lstm({ units: 3, returnSequences: true }), layers.globalAveragePooling1d()),
    x: [[4, 1, 5, 0, 0, 0]],
    target: 1,
  },
  'words and a GRU': { make: () => words(layers.gru({ units: 3 })), x: [[4, 1, 5, 2, 3, 0]], target: 0 },
  'words and a GRU that resets before': {
    make: () => words(layers.gru({ units: 3, resetAfter: false, goBackwards: true })),
    x: [[4, 1, 5, 2, 3, 0]],
    target: 0,
  },
  'words and a simple network, both ways': {
    make: () =>
      words(
        layers.bidirectional({ layer: layers.simpleRnn({ units: 3, returnSequences: true }) }),
        layers.bidirectional({ layer: layers.lstm({ units: 2 }), mergeMode: 'ave' }),
      ),
    x: [[4, 1, 5, 2, 0, 0]],
    target: 1,
  },
  'numbers, a GRU from behind with all its steps': {
    make: () =>
      stack(
        layers.masking({ inputShape: [5, 2] }),
        layers.gru({ units: 3, goBackwards: true, returnSequences: true, activation: 'softmax' }),
        layers.bidirectional({ layer: layers.gru({ units: 2 }), mergeMode: 'mul' }),
        softmax(3),
      ),
    // The fourth step does not count. By a small step its numbers would: none is tried there.
    x: [[1, -1, 2, 0.5, 0.5, 2, 0, 0, -1, 1]],
    target: 1,
  },
  'an encoder and a decoder': {
    make: () => {
      const [source, sink] = [input({ shape: [4, 2] }), input({ shape: [3, 2] })];
      const [, h, c] = layers.lstm({ units: 3, returnState: true, name: 'encoder' })(source);
      const decoded = layers.lstm({ units: 3, returnSequences: true, name: 'decoder' })([sink, h!, c!]);
      return model({ inputs: [source, sink], outputs: softmax(4)(layers.flatten()(decoded)), seed: 3 });
    },
    target: 1,
  },
  'a transformer': {
    make: () => {
      const tokens = input({ shape: [5], dtype: 'int32' });
      const x = layers.embedding({ inputDim: 7, outputDim: 4, maskZero: true })(tokens);
      const seen = layers.multiHeadAttention({ numHeads: 2, keyDim: 3, useCausalMask: true })([x, x]);
      const middle = layers.layerNormalization()(layers.add()([x, seen]));
      const inner = layers.dense({ units: 6, activation: 'gelu' })(middle);
      const y = layers.rmsNormalization()(
        layers.add()([middle, layers.dense({ units: 4, name: 'back' })(inner)]),
      );
      return model({ inputs: tokens, outputs: softmax(3)(layers.globalAveragePooling1d()(y)), seed: 3 });
    },
    x: [[4, 1, 6, 2, 0]],
    target: 2,
  },
  'models inside a model, used twice': {
    make: () => {
      const shared = sequential(
        [layers.dense({ units: 4, activation: 'relu', inputShape: [4] }), layers.dense({ units: 4 })],
        { name: 'shared', seed: 5 },
      );
      const x = input({ shape: [4] });
      const y = layers.activation({ activation: 'logSoftmax' })(shared(shared(x)));
      return model({ inputs: x, outputs: softmax(3)(y), seed: 3 });
    },
    target: 0,
  },
  'several inputs and outputs': {
    make: () => {
      const [picture, facts] = [input({ shape: [5, 5, 1] }), input({ shape: [3] })];
      const seen = layers.flatten()(
        layers.conv2d({ filters: 2, kernelSize: 3, activation: 'relu' })(picture),
      );
      const both = layers.concatenate()([seen, facts]);
      return model({
        inputs: [picture, facts],
        outputs: [softmax(3)(both), layers.dense({ units: 1, name: 'price' })(both)],
        seed: 3,
      });
    },
    target: 2,
  },
  'layers that only work in training, and layers that fill, cut and resize': {
    make: () =>
      stack(
        layers.randomFlip({ mode: 'horizontal', inputShape: [5, 6, 3] }),
        layers.gaussianNoise({ stddev: 0.3 }),
        layers.zeroPadding2d({ padding: 1 }),
        layers.cropping2d({ cropping: 1 }),
        layers.resizing({ height: 7, width: 4 }),
        layers.upSampling2d(),
        layers.spatialDropout2d({ rate: 0.3 }),
        layers.permute({ dims: [3, 1, 2] }),
        layers.prelu(),
        layers.softmax({ axis: 2 }),
        layers.globalMaxPooling2d(),
        softmax(2),
      ),
    target: 1,
  },
  'functions of one’s own': {
    make: () =>
      stack(
        layers.dense({ units: 4, activation: (x) => ops.multiply(x, 3), inputShape: [3] }),
        layers.lambda((x) => ops.multiply(x, x)),
        layers.lambda((x) => ops.add(ops.multiply(x, 2), 1)),
        softmax(2),
      ),
    target: 1,
    unknown: { lambda: 'a function of your own' },
  },
};

function words(...behind: readonly BaseLayer[]): Model {
  const tokens = input({ shape: [6], dtype: 'int32' });
  const read = layers.embedding({ inputDim: 7, outputDim: 2, maskZero: true })(tokens);
  const y = behind.reduce<unknown>((x, layer) => (layer as never as (x: unknown) => unknown)(x), read);
  return model({ inputs: tokens, outputs: softmax(3)(y as never), seed: 3 }) as never;
}

/** A model of the zoo with weights and statistics that are none of them 0 or 1, and a sample of each input. */
export async function drawn({ make, x }: Case): Promise<{ network: AnyModel; samples: DataInput }> {
  const network = make();
  const weights = await network.getWeights();
  network.setWeights(
    weights.map(({ name, shape, data }, i) => {
      const noise = someNumbers(sizeOf(shape), 20 + i);
      const isVariance = name.endsWith('Variance');
      return data.map((value, j) => value + 0.1 * (isVariance ? Math.abs(noise[j]!) : noise[j]!));
    }),
  );
  const samples = network.network.inputs.map(({ shape }, i) => {
    const data = x ? Float32Array.from(x[i]!) : someNumbers(sizeOf(shape), 7 + i);
    return { data, shape: [1, ...shape] };
  });
  return { network, samples: samples.length === 1 ? samples[0]! : samples };
}
