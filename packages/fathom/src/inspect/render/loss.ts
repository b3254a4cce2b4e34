import type { DataInput } from '../../train/options.ts';
import { describeNetwork } from '../describeNetwork.ts';
import { explainGradient } from '../explainGradient.ts';
import { gradients } from '../gradients.ts';
import type { Inspectable } from '../nodes.ts';
import type { ObjectiveOptions, Target } from '../objective.ts';
import { placeAt } from '../wiring.ts';
import { escaped, extents, number, table } from './text.ts';

/**
 * The loss of an output and how it changes with each weight, the largest gradient beside what a small step shows.
 *
 * @param right what the target is called
 */
export async function lossHtml(
  model: Inspectable,
  x: DataInput,
  target: Target,
  right: string,
  options: ObjectiveOptions,
): Promise<string> {
  const all = await gradients(model, x, target, options);
  const { formula, words } = all.objective;
  const slopes = all.weights
    .filter(({ trainable }) => trainable)
    .map(({ name, shape, gradient }) => {
      const at = strongest(gradient);
      const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
      return { name, shape, norm, value: gradient[at]!, place: placeAt(at, shape) };
    });
  const rows = slopes.map(({ name, shape, norm, value, place }) => [
    escaped(name),
    extents(shape),
    number(norm),
    `${number(value)} at [${place.join(', ')}]`,
  ]);
  const parts = [
    `<p class="formula">L = ${escaped(formula)} = ${number(all.loss)}</p>`,
    `<p>Here ${escaped(right)} is taken for right. ${escaped(words)}</p>`,
  ];
  if (rows.length > 0) {
    const head = ['Weight', 'Shape', 'Length of ∂L/∂w', 'Largest ∂L/∂w'];
    parts.push(table('How the loss changes with each weight', head, rows, 'numbers'));
  }
  const most = slopes.reduce<(typeof slopes)[number] | undefined>(
    (best, one) => (best && Math.abs(best.value) >= Math.abs(one.value) ? best : one),
    undefined,
  );
  const { multiplyAdds } = describeNetwork(model).totals;
  if (most && multiplyAdds > MOST_TRIED) {
    parts.push(
      `<p class="note">Gradients are not tried by a small step here: that runs a network of ${(multiplyAdds / 1e6).toFixed(0)} million multiply-adds twice in 64 bits, and takes seconds for more than ${MOST_TRIED / 1e6} million.</p>`,
    );
  } else if (most) {
    const of = { weight: most.name, place: most.place };
    const { value, check, epsilon } = await explainGradient(model, x, target, of, options, all);
    parts.push(
      `<p class="note">The largest of all, ∂L/∂w of ${escaped(most.name)}[${most.place.join(', ')}], is ${number(value)}; by trying, (L(w + ε) − L(w − ε)) / 2ε with ε = ${number(epsilon)} comes to ${number(check)}.</p>`,
    );
  }
  return parts.join('\n');
}

/** Multiply-adds of a network that is run twice in 64 bits, which takes a second for some ten million. */
const MOST_TRIED = 20e6;

function strongest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i]!) > Math.abs(values[best]!)) best = i;
  return best;
}
