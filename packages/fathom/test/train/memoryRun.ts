/**
 * A program that memory.test.ts runs by itself with --expose-gc: it trains, or makes and drops models, and prints the
 * bytes in use after each tenth of the work.
 */
import { dense, dropout, input, model, sequential } from '../../src/index.ts';

export interface Usage {
  /** Objects of JavaScript. */
  readonly heapUsed: number;
  /** Memory outside of them, that of WebAssembly included. */
  readonly external: number;
}

const ROUNDS = 10;

async function afterCollection(): Promise<Usage> {
  // What the first collection finds, registries give back in the next turn.
  for (let i = 0; i < 4; i++) {
    (globalThis as { gc?: () => void }).gc!();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heapUsed, external };
}

/** `count` steps of one model. */
async function steps(count: number): Promise<Usage[]> {
  const x = input({ shape: [8] });
  const hidden = dropout({ rate: 0.2 })(dense({ units: 16, activation: 'relu' })(x));
  const outputs = {
    kind: dense({ units: 3, activation: 'softmax' })(hidden),
    size: dense({ units: 1 })(hidden),
  };
  const network = model({ inputs: x, outputs, seed: 1 });
  network.compile({
    loss: { kind: 'sparseCategoricalCrossentropy', size: 'meanSquaredError' },
    metrics: { kind: ['accuracy'] },
    backend: 'wasm',
    threads: 1,
  });
  const [samples, labels, sizes] = [new Float32Array(8 * 80), new Int32Array(80), new Float32Array(80)];
  const used: Usage[] = [];
  // Ten steps an epoch.
  for (let i = 0; i < ROUNDS; i++) {
    await network.fit(samples, { kind: labels, size: sizes }, { epochs: count / ROUNDS / 10, batchSize: 8 });
    used.push(await afterCollection());
  }
  return used;
}

/** `count` models with a quarter of a megabyte of weights each, trained once and dropped without dispose(). */
async function models(count: number): Promise<Usage[]> {
  const used: Usage[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    for (let k = 0; k < count / ROUNDS; k++) {
      const network = sequential([
        dense({ units: 256, kernelInitializer: 'zeros', inputShape: [256] }),
        dense({ units: 1 }),
      ]);
      network.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend: 'wasm', threads: 1 });
      await network.trainOnBatch(new Float32Array(256), [0]);
      // A collection now and then, as any process of some size has: this one hardly makes objects.
      if (k % 25 === 0) await afterCollection();
    }
    used.push(await afterCollection());
  }
  return used;
}

const [, , what, count] = process.argv;
console.log(JSON.stringify(await (what === 'steps' ? steps(Number(count)) : models(Number(count)))));
process.exit(0);
