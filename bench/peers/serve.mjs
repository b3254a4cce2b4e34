// The Node half of the peer protocol (../README.md): JSON lines in, JSON lines out, one step function at a time.

import { createInterface } from 'node:readline';

/** Size of the pool of different batches a peer trains on, taken in turn. */
export const POOL = 8;
export const LEARNING_RATE = 1e-3;
export const BETA1 = 0.9;
export const BETA2 = 0.999;
export const EPSILON = 1e-7;
export const CLASSES = 10;

/** Says that the library of this peer cannot be imported, and ends the process. */
export function missing(error) {
  const reason =
    error.code === 'ERR_MODULE_NOT_FOUND' ? 'no such module' : String(error.message).split('\n')[0];
  process.stdout.write(`${JSON.stringify({ missing: reason })}\n`);
  process.exit(0);
}

/**
 * Answers requests until the input ends. `setup` returns a function that does one step and returns (or resolves
 * to) a number, so that no peer can postpone its work beyond the clock. A step function may carry `facts` (told
 * in the answer to `setup`) and `dispose`.
 */
export async function serve({ info, setup }) {
  const steps = new Map();
  const handlers = {
    info,
    async setup(message) {
      const step = await setup(message);
      steps.set(message.id, step);
      return { ready: true, ...step.facts };
    },
    run: ({ id, steps: count, warmup = 0 }) => timed(steps.get(id), count, warmup),
    async clear() {
      for (const step of steps.values()) await step.dispose?.();
      steps.clear();
      return { ready: true };
    },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line);
    let answer;
    try {
      if (!Object.hasOwn(handlers, message.cmd)) throw new Error(`unknown command ${message.cmd}`);
      answer = await handlers[message.cmd](message);
    } catch (error) {
      answer = { error: String(error?.message ?? error).split('\n')[0] };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0);
}

async function timed(step, steps, warmup) {
  let value;
  for (let i = 0; i < warmup; i++) value = await step();
  const ms = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    value = await step();
    ms.push(performance.now() - start);
  }
  return { ms, value };
}

/** The table of variants of a peer that has only one. */
export function allWorks(variant) {
  return { mlp: [variant], lenet5: [variant], cnn: [variant] };
}

/** A small seeded generator (mulberry32) with values in [0, 1): every peer sees data of the same kind. */
export function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Images (floats in [0, 1)) and labels of `POOL` batches. */
export function batches(batch, pixels = 784) {
  const next = uniform(1);
  return Array.from({ length: POOL }, () => ({
    x: Float32Array.from({ length: batch * pixels }, next),
    y: Int32Array.from({ length: batch }, () => Math.floor(next() * CLASSES)),
  }));
}
