import { describe, expect, it } from 'vitest';
import {
  activations,
  explainCell,
  explainGradient,
  gradients,
  type Target,
} from '../../src/inspect/index.ts';
import { nodesOf } from '../../src/inspect/nodes.ts';
import { placeAt } from '../../src/inspect/wiring.ts';
import { sizeOf } from '../../src/ir/shape.ts';
import { drawn, ZOO } from './zoo.ts';

/** A few places, first and last among them. */
const some = (size: number) =>
  [...new Set([0, 1, Math.floor(size / 3), Math.floor(size / 2), size - 1])].filter((i) => i < size);
/** Of a large network not every layer is tried by small steps, which take the whole of it in 64 bits. */
const MOST_LAYERS = 14;

describe.each(Object.entries(ZOO))('%s', (_name, one) => {
  it('has numbers that come to what the model computes, in every layer', async () => {
    const { network, samples } = await drawn(one);
    const all = await activations(network, samples);
    for (const layer of all.layers) {
      for (const i of some(layer.values.length)) {
        const cell = await explainCell(network, all, layer.id, placeAt(i, layer.shape));
        expect(cell.value, layer.id).toBe(layer.values[i]);
        const why = one.unknown?.[layer.id];
        if (why !== undefined) {
          expect(cell, layer.id).toMatchObject({ kind: 'unknown', terms: [], sum: undefined });
          expect(cell.note).toContain(why);
          continue;
        }
        expect(cell.note ?? '', layer.id).not.toContain('value alone');
        const { activation, sum, terms, parts, bias, kind } = cell;
        // The library adds up in 32 bits, where n sums of numbers up to Σ|product| are rounded either way.
        const size = terms.reduce((total, { product }) => total + Math.abs(product), 0);
        const rounding = 2 ** -24 * Math.sqrt(terms.length) * size;
        const near = (actual: number, expected: number) =>
          expect(Math.abs(actual - expected), `${layer.id} [${cell.place}]`).toBeLessThan(
            2e-5 * Math.max(1, Math.abs(expected)) + rounding,
          );
        near(sum!, activation ? (layer.preActivation?.[i] ?? activation.input) : layer.values[i]!);
        if (activation) near(activation.output, layer.values[i]!);
        if (activation?.row) {
          const { powers, at, total } = activation.row;
          const share = powers[at]! / total;
          near(activation.name === 'logSoftmax' ? Math.log(share) : share, layer.values[i]!);
        }
        // What is written as a sum is the sum of what is written.
        if (kind === 'sum' || (kind === 'recurrence' && terms.length > 0) || kind === 'attention') {
          const products = terms.map(({ value, weight }) => value * (weight?.value ?? 1));
          const written = products.reduce((a, b) => a + b, bias?.value ?? 0);
          if (!cell.formula.includes('‖')) near(written, sum!);
        }
        for (const part of parts) {
          const written = part.terms.reduce((total, { product }) => total + product, part.bias?.value ?? 0);
          if (part.terms.length > 0) expect(written, part.name).toBeCloseTo(part.sum, 9);
          if (part.activation) expect(part.activation.output, part.name).toBeCloseTo(part.value, 9);
        }
      }
    }
  });

  it('has gradients that are the sums of their terms, and what a small step shows', async () => {
    const { network, samples } = await drawn(one);
    const target: Target = one.target!;
    const all = await gradients(network, samples, target);
    const ids = nodesOf(network).nodes.map(({ id }) => id);
    const tried = ids.filter((_, i) => i % Math.ceil(ids.length / MOST_LAYERS) === 0);
    for (const { id, shape, gradient, preActivationGradient } of all.layers) {
      if (!tried.includes(id)) continue;
      for (const i of some(sizeOf(shape)).slice(1)) {
        const place = placeAt(i, shape);
        if (gradient) same(await explainGradient(network, samples, target, { layer: id, place }, {}, all));
        if (preActivationGradient) {
          const of = { preActivation: id, place };
          same(await explainGradient(network, samples, target, of, {}, all));
        }
      }
    }
    for (const { name, shape } of all.weights) {
      if (!tried.some((id) => name.startsWith(`${id}/`))) continue;
      const of = { weight: name, place: placeAt(sizeOf(shape) >> 1, shape) };
      same(await explainGradient(network, samples, target, of, {}, all));
    }
  });
});

/** The gradient, the small step, and what is written out, where it is. */
function same(explained: Awaited<ReturnType<typeof explainGradient>>): void {
  const { name, place, value, check, sum, terms, note, difference } = explained;
  const at = `${name} [${place}]`;
  const near = (actual: number, expected: number) =>
    expect(Math.abs(actual - expected), at).toBeLessThan(1e-5 + 1e-3 * Math.abs(expected));
  near(value, check);
  if (sum === undefined) {
    expect(note, at).toMatch(/is known|ends the network|from z itself|by another way/);
    return;
  }
  near(sum, check);
  const written = terms.reduce((total, { product }) => total + product, 0);
  if (!difference) expect(written, at).toBeCloseTo(sum, 9);
}
