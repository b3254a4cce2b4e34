/** Four 32-bit words of a counter-based generator. */
export type Words = readonly [number, number, number, number];

/**
 * Philox4x32-10: four random words from a counter and a key, with no state in between.
 *
 * The same counter and key give the same words on every machine, in any order of asking: what is drawn for step
 * 1000 does not depend on whether step 999 was drawn.
 *
 * Paper: J. Salmon, M. Moraes, R. Dror, D. Shaw, Parallel random numbers: as easy as 1, 2, 3 (2011).
 */
export function philox4x32(counter: Words, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/**
 * A random order of the integers 0 … count − 1, each of the count! orders with the same chance.
 *
 * Fisher–Yates with draws from Philox: `seed` chooses the run, `epoch` an order within it, so that the tenth
 * epoch of a run is shuffled alike whether or not the nine before it were.
 *
 * @returns [count]
 * @throws RangeError unless count is an integer in [0, 2³¹), and seed and epoch non-negative safe integers
 * @example
 * permutation(4, { seed: 1 }); // Int32Array with 0, 1, 2, 3 in some order
 */
export function permutation(
  count: number,
  options: { seed: number; epoch?: number },
): Int32Array<ArrayBuffer> {
  const { seed, epoch = 0 } = options;
  if (!Number.isInteger(count) || count < 0 || count > MAX_COUNT) {
    throw new RangeError(`permutation: expected a count in [0, 2³¹); received ${count}.`);
  }
  for (const [name, value] of Object.entries({ seed, epoch })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`permutation: expected ${name} to be a non-negative integer; received ${value}.`);
    }
  }
  const key = [low32(seed), high32(seed)] as const;
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  for (let i = count - 1; i > 0; i--) {
    const j = draw(i, i + 1, epoch, key);
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}

const MAX_COUNT = 2 ** 31 - 1;
const ROUNDS = 10;
// The multipliers and Weyl constants of the paper, table 2.
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/**
 * A uniform integer in [0, bound): ⌊word · bound / 2³²⌋, with the few words that would make some results more
 * likely thrown back (D. Lemire, Fast random integer generation in an interval, 2019).
 */
function draw(index: number, bound: number, epoch: number, key: readonly [number, number]): number {
  const rejectBelow = 2 ** 32 % bound;
  for (let attempt = 0; ; attempt++) {
    for (const word of philox4x32([index, attempt, low32(epoch), high32(epoch)], key)) {
      if (Math.imul(word, bound) >>> 0 >= rejectBelow) return multiplyHigh(word, bound) >>> 0;
    }
  }
}

/** The upper 32 bits of the 64-bit product of two unsigned words. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = (middle & 0xffff) + a0 * b1;
  // Both sums stay below 2³², so the unsigned shifts lose nothing.
  return (a1 * b1 + (middle >>> 16) + (carry >>> 16)) | 0;
}

function low32(value: number): number {
  return value >>> 0;
}

function high32(value: number): number {
  return Math.floor(value / 2 ** 32) >>> 0;
}
