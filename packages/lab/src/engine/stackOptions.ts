import type { inspect } from 'fathom';
import type { LayerSetting, StackReport } from './trainingTypes.ts';

/** The layers with names: their own, and else as the library gives them. */
export function named(layers: readonly LayerSetting[]): (LayerSetting & { readonly name: string })[] {
  const taken = new Set(layers.flatMap(({ name }) => (typeof name === 'string' ? [name] : [])));
  const counts = new Map<string, number>();
  return layers.map((layer) => {
    if (typeof layer.name === 'string') return { ...layer, name: layer.name };
    let name: string;
    do {
      const before = counts.get(layer.type) ?? 0;
      counts.set(layer.type, before + 1);
      name = before === 0 ? layer.type : `${layer.type}_${before}`;
    } while (taken.has(name));
    return { ...layer, name };
  });
}

/** The first layer with an option that the library does not know, which it would leave out without a word. */
export function unknownOption(
  layers: readonly LayerSetting[],
  described: readonly inspect.LayerDescription[],
): StackReport['problem'] {
  for (const [i, { id, options }] of described.entries()) {
    const option = Object.keys(layers[i]!).find(
      (name) => !EVERY.includes(name) && !Object.hasOwn(options, name),
    );
    if (option !== undefined) {
      return { layer: i, message: `${id}: expected options that it has; received ${option}. Leave it out.` };
    }
  }
  return undefined;
}

/** What every layer has, but does not tell where it is as ever. */
const EVERY = ['type', 'name', 'trainable'];

/** Kernels of each kind of layer, by the options that regularize them. */
const KERNELS: Readonly<Record<string, readonly string[]>> = {
  conv2d: ['kernelRegularizer'],
  dense: ['kernelRegularizer'],
  locallyConnected2d: ['kernelRegularizer'],
  separableConv2d: ['depthwiseRegularizer', 'pointwiseRegularizer'],
};

const kernelsOf = ({ type }: LayerSetting) => KERNELS[type] ?? [];

/** λ Σ w² over the kernels that have no penalty of their own. */
export function penalized<T extends LayerSetting>(layers: readonly T[], l2: number): readonly T[] {
  if (l2 === 0) return layers;
  return layers.map((layer) => ({
    ...Object.fromEntries(kernelsOf(layer).map((option) => [option, { name: 'l2', l2 }])),
    ...layer,
  }));
}

/** The λ of a stack whose kernels all have the same λ Σ w², and nothing else, as `penalized` makes them; else 0. */
export function sharedPenalty(layers: readonly LayerSetting[]): number {
  const penalties = layers.flatMap((layer) => kernelsOf(layer).map((option) => layer[option]));
  const { name, l2 } = (penalties[0] ?? {}) as { name?: unknown; l2?: unknown };
  if (name !== 'l2' || typeof l2 !== 'number' || l2 > MOST_L2) return 0;
  const text = JSON.stringify({ name, l2 });
  return penalties.every((penalty) => JSON.stringify(penalty) === text) ? l2 : 0;
}

/** What the setting of the room takes. */
const MOST_L2 = 10;

export function withoutPenalty(layer: LayerSetting): LayerSetting {
  const penalties = kernelsOf(layer);
  const rest = Object.entries(layer).filter(([name]) => !penalties.includes(name));
  return { type: layer.type, ...Object.fromEntries(rest) };
}
