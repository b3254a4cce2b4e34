// onnxruntime-node: inference of what export_onnx.py wrote. `node onnxruntime.mjs FOLDER`.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { batches, missing, serve } from './serve.mjs';

const [folder = '.'] = process.argv.slice(2);
const SHAPES = { lenet5: [1, 28, 28], resnet18: [3, 32, 32] };

let ort;
try {
  ort = (await import('onnxruntime-node')).default;
} catch (error) {
  missing(error);
}

function info() {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json');
  return { name: 'onnxruntime-node', version, variants: {} };
}

async function setup({ kind, work, batch, threads }) {
  if (kind !== 'predict') throw new Error('onnxruntime-node predicts only');
  const path = join(folder, `${work}.onnx`);
  if (!existsSync(path)) throw new Error('no ONNX file: pip install onnx onnxscript, beside torch');
  const session = await ort.InferenceSession.create(path, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  const shape = SHAPES[work];
  const pixels = shape.reduce((a, b) => a * b);
  const x = new ort.Tensor('float32', batches(batch, pixels)[0].x, [batch, ...shape]);
  const step = async () => (await session.run({ x })).y.data[0];
  return Object.assign(step, { dispose: () => session.release() });
}

await serve({ info, setup });
