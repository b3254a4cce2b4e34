import {
  activation,
  concatenate,
  conv2d,
  dropout,
  globalAveragePooling2d,
  maxPooling2d,
} from '../nn/layers/index.ts';
import type { SymbolicTensor } from '../nn/symbolic.ts';
import type { Model } from '../train/index.ts';
import { chain, type Drawing, images, modelOf, type ZooOptions } from './drawing.ts';

export interface SqueezeNetOptions extends ZooOptions {
  /** '1.0' as in the paper, or '1.1', which needs 2.4 times less computing. Default '1.0'. */
  readonly version?: '1.0' | '1.1' | undefined;
}

/**
 * SqueezeNet for 224×224 colour images and 1000 classes: 1,248,424 parameters, or 1,235,496 in version 1.1, as
 * torchvision's. Each "fire" squeezes the channels by a 1×1 convolution, then expands them by 1×1 and 3×3 side by side.
 *
 * Paper: F. Iandola et al., SqueezeNet: AlexNet-level accuracy with 50× fewer parameters (2016).
 *
 * @throws RangeError on images smaller than 32×32, or an unknown version
 * @example
 * const model = squeezeNet({ inputShape: [64, 64, 3], classes: 10, version: '1.1', seed: 0 });
 */
export function squeezeNet({ version, ...options }: SqueezeNetOptions = {}): Model {
  return modelOf((given: ZooOptions) => drawSqueezeNet({ ...given, version }), 'squeezeNet', options);
}

export function drawSqueezeNet(options: SqueezeNetOptions = {}): Drawing {
  const { inputShape = [224, 224, 3], classes = 1000, version = '1.0' } = options;
  if (version !== '1.0' && version !== '1.1') {
    throw new RangeError(`squeezeNet: expected version '1.0' or '1.1'; received '${String(version)}'.`);
  }
  const inputs = images(inputShape, classes, { name: 'squeezeNet', least: 32 });
  const { filters, kernelSize, poolsBefore } = FORMS[version];
  let x: SymbolicTensor = conv2d({ filters, kernelSize, strides: 2, activation: 'relu' })(inputs);
  FIRES.forEach(({ squeeze, expand }, i) => {
    if (poolsBefore.includes(i)) x = pool(x);
    x = fire(x, squeeze, expand);
  });
  const outputs = chain(x, [
    dropout({ rate: 0.5 }),
    conv2d({ filters: classes, kernelSize: 1, activation: 'relu' }),
    globalAveragePooling2d(),
    activation({ activation: 'softmax' }),
  ]);
  return { inputs, outputs };
}

/** The first convolution, and which fires have a pooling before them. */
const FORMS = {
  '1.0': { filters: 96, kernelSize: 7, poolsBefore: [0, 3, 7] },
  '1.1': { filters: 64, kernelSize: 3, poolsBefore: [0, 2, 4] },
};

/** Channels of the squeezing and of each expanding convolution. */
const FIRES = [16, 16, 32, 32, 48, 48, 64, 64].map((squeeze) => ({ squeeze, expand: 4 * squeeze }));

function fire(x: SymbolicTensor, squeeze: number, expand: number): SymbolicTensor {
  const squeezed = conv2d({ filters: squeeze, kernelSize: 1, activation: 'relu' })(x);
  return concatenate()([
    conv2d({ filters: expand, kernelSize: 1, activation: 'relu' })(squeezed),
    conv2d({ filters: expand, kernelSize: 3, padding: 'same', activation: 'relu' })(squeezed),
  ]);
}

/** Windows of 3 with stride 2, the last one over the border where an extent is even, as in the original. */
function pool(x: SymbolicTensor): SymbolicTensor {
  const [height = 0, width = 0] = x.shape;
  if (height % 2 === width % 2) {
    return maxPooling2d({ poolSize: 3, strides: 2, padding: height % 2 === 0 ? 'same' : 'valid' })(x);
  }
  throw new RangeError(
    `squeezeNet: expected images whose height and width are both even or both odd on every level; received ${height}×${width} on one. Take square ones.`,
  );
}
