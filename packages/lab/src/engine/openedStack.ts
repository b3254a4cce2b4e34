import { type LayerConfig, type Model, modelFromConfig } from 'fathom';
import { named, sharedPenalty, withoutPenalty } from './stackOptions.ts';
import type { LayerSetting, OpenedStack } from './trainingTypes.ts';

/**
 * The stack of a saved model with all options of its layers: those that differ from what the library makes of the
 * form's settings join these, so that the layers made again are equal to the saved ones.
 *
 * @param config model.json
 * @param layers what the form can show of it, layer for layer
 * @throws DataError or RangeError when the model cannot be made
 */
export function openedStack(config: string, layers: readonly LayerSetting[]): OpenedStack {
  const saved = configsOf(modelFromConfig({ ...JSON.parse(config), compile: null }, { where: 'model.json' }));
  const own = configsOf(
    modelFromConfig({
      ...{ formatVersion: 2, type: 'sequential', name: 'stack', seed: 0, inputShape: null, compile: null },
      layers: layers.map((layer, i) => ({ ...layer, name: saved[i]!.name })),
    }),
  );
  const names = keptNames(
    layers,
    saved.map(({ name }) => name),
  );
  const opened = names.map((layer, i) => ({ ...layer, ...differing(saved[i]!, own[i]!) }));
  const l2 = sharedPenalty(opened);
  return { layers: l2 > 0 ? opened.map(withoutPenalty) : opened, l2 };
}

/** The layers, with names where `named` would give them others. */
function keptNames(layers: readonly LayerSetting[], saved: readonly string[]): LayerSetting[] {
  const kept = [...layers];
  for (;;) {
    // A name that is kept is not counted: the others change with it.
    const other = named(kept).findIndex(({ name }, i) => name !== saved[i]);
    if (other < 0) return kept;
    kept[other] = { type: layers[other]!.type, name: saved[other]!, ...layers[other] };
  }
}

/** The data says what goes in, and not the first layer. */
function configsOf({ layers }: Model): LayerConfig[] {
  return layers.map((layer) => {
    const { inputShape: _, ...config } = layer.config();
    return config;
  });
}

function differing(
  saved: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const isEqual = (name: string) => JSON.stringify(saved[name]) === JSON.stringify(own[name]);
  return Object.fromEntries(Object.entries(saved).filter(([name]) => !isEqual(name)));
}
