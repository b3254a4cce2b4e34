// Makes the files that onnxruntime-node infers with, from PyTorch's networks.

import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ONNX_FOLDER } from './peer.mjs';

const SCRIPT = fileURLToPath(new URL('../peers/export_onnx.py', import.meta.url));
const LONGEST_MS = 180_000;

/** Where it fails, the peer finds no files and says what to install. */
export async function exportOnnx() {
  mkdirSync(ONNX_FOLDER, { recursive: true });
  const python = process.env.FATHOM_PYTHON || 'python3';
  await promisify(execFile)(python, [SCRIPT, ONNX_FOLDER], { timeout: LONGEST_MS }).catch(() => {});
}
