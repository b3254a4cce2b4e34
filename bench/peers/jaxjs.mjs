// The jax-js peer: one jitted function for the whole training step (valueAndGrad, then Adam written out, since
// jax-js keeps its optimizers in a package apart that is not published). NCHW, the layout of its convolution.
//
// jax-js uses worker threads only where `Worker` is global, that is in browsers: in Node it runs on one thread.

import { createRequire } from 'node:module';
import {
  allWorks,
  BETA1,
  BETA2,
  batches,
  CLASSES,
  EPSILON,
  LEARNING_RATE,
  POOL,
  serve,
  uniform,
} from './serve.mjs';

let jax;
try {
  jax = await import('@jax-js/jax');
} catch (error) {
  missing(error);
}
const { numpy: np, nn, lax, random, jit, valueAndGrad } = jax;
await jax.init('wasm');
jax.defaultDevice('wasm');

function info() {
  const require = createRequire(import.meta.url);
  const entry = require.resolve('@jax-js/jax');
  const { version } = require(entry.replace(/dist[\\/].*$/, 'package.json'));
  return { name: 'jax-js wasm', version, variants: allWorks('jit, Adam by hand') };
}

function setup({ kind = 'train', work, batch, size }) {
  if (kind === 'train') return training(work, batch);
  if (kind === 'predict') return prediction(work, batch);
  if (kind === 'matmul') return matrixProduct(size);
  throw new Error(`unknown kind ${kind}`);
}

const SHAPES = {
  mlp: [[784, 128], [128], [128, CLASSES], [CLASSES]],
  lenet5: [
    [6, 1, 5, 5],
    [6],
    [16, 6, 5, 5],
    [16],
    [400, 120],
    [120],
    [120, 84],
    [84],
    [84, CLASSES],
    [CLASSES],
  ],
  cnn: [[32, 1, 3, 3], [32], [64, 32, 3, 3], [64], [1600, CLASSES], [CLASSES]],
};

function initial(work) {
  const next = uniform(2);
  return SHAPES[work].map((shape) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const fanIn = shape.length === 4 ? shape[1] * shape[2] * shape[3] : shape[0];
    const scale = shape.length === 1 ? 0 : 1 / Math.sqrt(fanIn);
    return np.array(Float32Array.from({ length }, () => scale * (2 * next() - 1))).reshape(shape);
  });
}

const dense = (x, w, b) => np.matmul(x, w).add(b);

function conv(x, w, b, padding) {
  const channels = w.shape[0];
  return lax.convGeneralDilated(x, w, [1, 1], padding).add(b.reshape([1, channels, 1, 1]));
}

/** 2×2 max pooling: a reshape and a maximum over the two window axes; an odd last row or column is dropped. */
function maxPool(x) {
  const [b, c, h, w] = x.shape;
  const even = h % 2 || w % 2 ? x.slice([], [], [0, h - (h % 2)], [0, w - (w % 2)]) : x;
  return np.max(even.reshape([b, c, h >> 1, 2, w >> 1, 2]), [3, 5]);
}

/** Logits; each parameter and `x` are used exactly once, so ownership passes along. */
function forward(work, params, x, key) {
  const p = [...params];
  const take = () => p.shift();
  if (work === 'mlp') return dense(nn.relu(dense(x, take(), take())), take(), take());
  const batch = x.shape[0];
  const padding = work === 'lenet5' ? 'SAME' : 'VALID';
  let h = maxPool(nn.relu(conv(x, take(), take(), padding)));
  h = maxPool(nn.relu(conv(h, take(), take(), 'VALID'))).reshape([batch, -1]);
  if (work === 'lenet5') {
    h = nn.relu(dense(h, take(), take()));
    h = nn.relu(dense(h, take(), take()));
  } else if (key) {
    const kept = random.bernoulli(key, 0.5, h.shape).astype(np.float32);
    h = h.mul(kept).mul(2);
  }
  return dense(h, take(), take());
}

function training(work, batch) {
  const shape = work === 'mlp' ? [batch, 784] : [batch, 1, 28, 28];
  const pool = batches(batch).map(({ x, y }) => ({ x: np.array(x).reshape(shape), y: np.array(y) }));
  const drops = work === 'cnn';

  const lossOf = (params, x, y, key) => {
    if (!drops) key.dispose();
    const logits = forward(work, params, x, drops ? key : undefined);
    const picked = nn.logSoftmax(logits, -1).mul(nn.oneHot(y, CLASSES));
    return picked.sum().mul(-1 / batch);
  };

  // Adam, Kingma & Ba 2015, in Keras' form: p -= rate_t m / (sqrt(v) + epsilon).
  const update = jit((params, ms, vs, rate, x, y, key) => {
    const held = params.map((p) => p.ref);
    const [loss, grads] = valueAndGrad(lossOf)(held, x, y, key);
    const next = { params: [], ms: [], vs: [] };
    params.forEach((p, i) => {
      const m = ms[i].mul(BETA1).add(grads[i].ref.mul(1 - BETA1));
      const v = vs[i].mul(BETA2).add(np.square(grads[i]).mul(1 - BETA2));
      const move = rate.ref.mul(m.ref).div(np.sqrt(v.ref).add(EPSILON));
      next.params.push(p.sub(move));
      next.ms.push(m);
      next.vs.push(v);
    });
    rate.dispose();
    return [loss, next.params, next.ms, next.vs];
  });

  let params = initial(work);
  let ms = SHAPES[work].map((s) => np.zeros(s));
  let vs = SHAPES[work].map((s) => np.zeros(s));
  let step = 0;
  return async () => {
    const { x, y } = pool[step % POOL];
    step += 1;
    const rate = np.array((LEARNING_RATE * Math.sqrt(1 - BETA2 ** step)) / (1 - BETA1 ** step));
    let loss;
    [loss, params, ms, vs] = update(params, ms, vs, rate, x.ref, y.ref, random.key(step));
    return (await loss.data())[0];
  };
}

function prediction(work, batch) {
  const shape = work === 'mlp' ? [batch, 784] : [batch, 1, 28, 28];
  const params = initial(work);
  const x = np.array(batches(batch)[0].x).reshape(shape);
  const predict = jit((p, input) => nn.softmax(forward(work, p, input), -1));
  return async () =>
    (
      await predict(
        params.map((p) => p.ref),
        x.ref,
      ).data()
    )[0];
}

function matrixProduct(size) {
  const next = uniform(1);
  const matrix = () => np.array(Float32Array.from({ length: size * size }, next)).reshape([size, size]);
  const a = matrix();
  const b = matrix();
  const multiply = jit((l, r) => np.matmul(l, r));
  return async () => (await multiply(a.ref, b.ref).data())[0];
}

await serve({ info, setup });
