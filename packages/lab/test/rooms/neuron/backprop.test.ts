import { inspect } from 'fathom';
import { describe, expect, it } from 'vitest';
import { type SmallNetwork, START, taskOf, unroll } from '../../../src/rooms/neuron/backprop.ts';

const unrolled = async (network: SmallNetwork) =>
  unroll(network, await inspect.backpropagation(taskOf(network)));

describe('backpropagation in writing', () => {
  const cases = (['sigmoid', 'tanh', 'relu'] as const).flatMap((activation) =>
    (['crossentropy', 'squared'] as const).map((cost) => ({ ...START, activation, cost })),
  );

  it.each(cases)('$activation, $cost: every gradient is that of differences', async (network) => {
    const { steps } = await unrolled(network);
    const checked = steps.filter(({ difference }) => difference !== undefined);
    expect(checked).toHaveLength(9);
    for (const { result, difference } of checked) expect(result).toBeCloseTo(difference!, 8);
  });

  it('every number is what is written', async () => {
    const { steps } = await unrolled({ ...START, activation: 'tanh' });
    const products = steps.filter(({ values }) => /^[-−().\d·+ ]+$/.test(values));
    expect(products.length).toBeGreaterThan(20);
    for (const { values, result } of products) {
      const written = values.replaceAll('−', '-').replaceAll('·', '*');
      expect(sumOf(written)).toBeCloseTo(result, 3);
    }
  });

  it('of sigmoid and cross-entropy the first δ is ŷ − t', async () => {
    const { steps } = await unrolled(START);
    const y = steps.find(({ name }) => name === 'activation ŷ')!.result;
    expect(steps.find(({ name }) => name === 'δ of ŷ')!.result).toBeCloseTo(y - 1, 12);
  });

  it('one update lowers the cost, and the next begins there', async () => {
    const { cost, nextCost, next } = await unrolled(START);
    expect(nextCost).toBeLessThan(cost);
    expect((await unrolled(next)).cost).toBe(nextCost);
  });
});

/** A sum of products. */
function sumOf(text: string): number {
  return text
    .split(/ \+ /)
    .map((part) => {
      const [first, ...minus] = part.split(/ - /).map(productOf) as [number, ...number[]];
      return minus.reduce((rest, value) => rest - value, first);
    })
    .reduce((sum, value) => sum + value, 0);
}

function productOf(text: string): number {
  return text.split('*').reduce((product, word) => product * Number(word.replace(/[()]/g, '')), 1);
}
