import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { userCacheFolder } from '../../backends/native/cache.ts';

/** The data sets of four IDX files. */
export type MnistName = 'mnist' | 'fashion-mnist';

/** The four files, by what they hold. */
export type MnistPart = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels';

export type MnistFile = {
  readonly part: MnistPart;
  /** Without .gz. */
  readonly name: string;
  /** Exact length of the original .gz file. */
  readonly bytes: number;
  readonly sha256: string;
  /** Exact length once unpacked. */
  readonly unpackedBytes: number;
};

export type MnistSource = {
  readonly title: string;
  readonly classes: readonly string[];
  readonly files: readonly MnistFile[];
  /** Folders on the web that hold the four .gz files, in the order they are tried; each ends with a slash. */
  readonly mirrors: readonly string[];
};

/** Where downloaded data is kept: `$XDG_CACHE_HOME/fathom`, by default `~/.cache/fathom`, without a home in `/tmp`. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return userCacheFolder(env) ?? join(tmpdir(), `fathom-${process.getuid?.() ?? 'data'}`);
}

const SIDE = 28;
const TRAIN_COUNT = 60_000;
const TEST_COUNT = 10_000;
const IMAGE_HEADER_BYTES = 16;
const LABEL_HEADER_BYTES = 8;

/** Name and unpacked length of each part; both data sets share them. */
const PARTS: Record<MnistPart, { name: string; unpackedBytes: number }> = {
  trainImages: {
    name: 'train-images-idx3-ubyte',
    unpackedBytes: IMAGE_HEADER_BYTES + TRAIN_COUNT * SIDE * SIDE,
  },
  trainLabels: { name: 'train-labels-idx1-ubyte', unpackedBytes: LABEL_HEADER_BYTES + TRAIN_COUNT },
  testImages: {
    name: 't10k-images-idx3-ubyte',
    unpackedBytes: IMAGE_HEADER_BYTES + TEST_COUNT * SIDE * SIDE,
  },
  testLabels: { name: 't10k-labels-idx1-ubyte', unpackedBytes: LABEL_HEADER_BYTES + TEST_COUNT },
};

/** Where each data set comes from, and how to know that it is the original. */
export const MNIST_SOURCES: Record<MnistName, MnistSource> = {
  mnist: {
    title: 'MNIST',
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    files: files({
      trainImages: [9_912_422, '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609'],
      trainLabels: [28_881, '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c'],
      testImages: [1_648_877, '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6'],
      testLabels: [4_542, 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'],
    }),
    mirrors: [
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
      'https://storage.googleapis.com/cvdf-datasets/mnist/',
    ],
  },
  'fashion-mnist': {
    title: 'Fashion-MNIST',
    classes: [
      'T-shirt/top',
      'Trouser',
      'Pullover',
      'Dress',
      'Coat',
      'Sandal',
      'Shirt',
      'Sneaker',
      'Bag',
      'Ankle boot',
    ],
    files: files({
      trainImages: [26_421_880, '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84'],
      trainLabels: [29_515, 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845'],
      testImages: [4_422_102, '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073'],
      testLabels: [5_148, '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5'],
    }),
    // This bucket serves plain http only; the checksums stand in for what TLS would vouch for.
    mirrors: [
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ],
  },
};

function files(originals: Record<MnistPart, readonly [bytes: number, sha256: string]>): MnistFile[] {
  // Labels first: when no mirror answers, the failure comes with the smallest file.
  const order: MnistPart[] = ['trainLabels', 'testLabels', 'testImages', 'trainImages'];
  return order.map((part) => {
    const [bytes, sha256] = originals[part];
    return { part, ...PARTS[part], bytes, sha256 };
  });
}
