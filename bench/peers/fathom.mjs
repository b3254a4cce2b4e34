// Fathom itself, as its users call it: the built library, `compile`, `trainOnBatch`, `predict`.

import { NETWORKS } from './networks.mjs';
import { batches, missing, POOL, serve, uniform } from './serve.mjs';

/** The backend to measure. */
const BACKEND = process.argv[2] ?? 'wasm';

let fathom;
try {
  fathom = await import('fathom');
  if (BACKEND === 'native') {
    const { available, reason } = await (await import('fathom/node')).nativeStatus();
    if (!available) throw new Error(reason);
  }
} catch (error) {
  missing(error);
}

function info() {
  return {
    name: 'Fathom',
    version: fathom.version ?? 'built here',
    variants: Object.fromEntries(Object.keys(NETWORKS).map((work) => [work, ['']])),
  };
}

function setup({ kind = 'train', work, batch, size, threads }) {
  if (kind === 'train') return training(work, batch, threads);
  if (kind === 'predict') return prediction(work, batch, threads);
  if (kind === 'matmul') return matrixProduct(size, threads);
  throw new Error(`unknown kind ${kind}`);
}

function compiled(work, threads) {
  const { build, loss = 'sparseCategoricalCrossentropy' } = NETWORKS[work];
  const model = build(fathom);
  model.compile({ optimizer: 'adam', loss, backend: BACKEND, threads });
  return model;
}

function training(work, batch, threads) {
  const { step } = NETWORKS[work];
  const pool = samples(work, batch);
  let at = 0;
  if (step) {
    const gan = step(fathom, { backend: BACKEND, threads });
    const run = async () => {
      const { dLoss, gLoss } = await gan.run({ real: pool[at++ % POOL].x });
      return dLoss + gLoss;
    };
    return Object.assign(run, { dispose: () => gan.dispose() });
  }
  const model = compiled(work, threads);
  const run = async () => {
    const { x, y } = pool[at++ % POOL];
    return (await model.trainOnBatch(x, y)).loss;
  };
  return Object.assign(run, { dispose: () => model.dispose() });
}

function prediction(work, batch, threads) {
  const model = compiled(work, threads);
  const { x } = samples(work, batch)[0];
  const run = async () => firstOf(await model.predict(x, { batchSize: batch }));
  return Object.assign(run, { dispose: () => model.dispose() });
}

function samples(work, batch) {
  const { sample, targets } = NETWORKS[work];
  const pool = batches(
    batch,
    sample.reduce((a, b) => a * b),
  );
  return targets === 'input' ? pool.map(({ x }) => ({ x, y: x })) : pool;
}

/**
 * C = A·B as a program of its own, loaded once: a step is one run of it, as `torch.mm(..., out=)` is. The seam below
 * the public API is used because a tensor's `read` would build the graph anew and copy 4 MB out of every step.
 */
async function matrixProduct(size, threads) {
  const { load, ops, selectBackend } = fathom;
  const { contract, input } = ops;
  const backend = await selectBackend(BACKEND, { threads });
  const inputs = [input('a', [size, size]), input('b', [size, size])];
  const axes = ['m', 'n', 'k'].map((name) => ({ name, size }));
  const [m, n, k] = [0, 1, 2].map((axis) => [[axis, 1]]);
  const product = contract(...inputs, { axes, a: [m, k], b: [k, n], out: [m, n] });
  const program = await load({ inputs, outputs: [product], updates: [] }, backend);
  const next = uniform(1);
  for (const i of [0, 1]) program.write(i, Float32Array.from({ length: size * size }, next));
  const step = async () => {
    await program.run();
    return size;
  };
  return Object.assign(step, { dispose: () => program.dispose() });
}

function firstOf(result) {
  return result.data?.[0] ?? result[0];
}

await serve({ info, setup });
