import { type Phase, type SmallNetwork, START } from './backprop.ts';

export const PHASES: Record<Phase, string> = {
  forward: 'Forward: the answer and its cost',
  backward: 'Backward: who is to blame, by the chain rule',
  update: 'Update: a step against the gradient',
};

export const UNIT_NAMES = ['h₁', 'h₂'];

/** The weights of a link, or those that the room begins with. */
export function readWeights(text: string | null): Pick<SmallNetwork, 'kernels' | 'biases'> {
  const n = (text ?? '').split(',').map(Number);
  if (text === null || n.length !== 9 || !n.every(Number.isFinite)) return START;
  const [a, b, c, d, e, f, g, h, i] = n as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    kernels: [
      [
        [a, b],
        [c, d],
      ],
      [[e], [f]],
    ],
    biases: [[g, h], [i]],
  };
}

export function writeWeights({ kernels, biases }: SmallNetwork): string {
  return [...kernels[0].flat(), ...kernels[1].flat(), ...biases[0], ...biases[1]]
    .map((value) => String(Number(value.toPrecision(6))))
    .join(',');
}

/** The network with one weight, or one bias, changed. */
export function withWeight(
  network: SmallNetwork,
  layer: 0 | 1,
  from: number | 'bias',
  unit: number,
  value: number,
): SmallNetwork {
  const { kernels, biases } = network;
  return {
    ...network,
    kernels: kernels.map((kernel, l) =>
      kernel.map((row, i) => row.map((w, j) => (l === layer && i === from && j === unit ? value : w))),
    ) as unknown as SmallNetwork['kernels'],
    biases: biases.map((vector, l) =>
      vector.map((b, j) => (l === layer && from === 'bias' && j === unit ? value : b)),
    ) as unknown as SmallNetwork['biases'],
  };
}

/** Every weight of the two layers, with the units that it joins. */
export const edgesOf = ({ kernels }: SmallNetwork) =>
  ([0, 1] as const).flatMap((layer) =>
    kernels[layer].flatMap((row, from) => row.map((weight, unit) => ({ layer, from, unit, weight }))),
  );
