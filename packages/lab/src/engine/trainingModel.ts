import {
  type Backend,
  type Checkpoint,
  decodeCheckpoint,
  inspect,
  loadWeights,
  losses,
  type Model,
  modelFromConfig,
  type Optimizer,
  type OptimizerName,
  optimizers,
  restoreTraining,
} from 'fathom';
import type { LabData } from './data.ts';
import { EpochLog } from './epochLog.ts';
import { type LabState, labStateOf } from './labState.ts';
import { endsInSoftmax } from './networks.ts';
import { named, penalized, unknownOption } from './stackOptions.ts';
import type { OpenedRun, StackReport, StackRequest, TrainingSettings } from './trainingTypes.ts';

/** What a stack of layers comes to on some data, and what training it takes. */
export function describeTraining({ train }: LabData, request: StackRequest): StackReport {
  const { layers, problem, totals } = inspect.describeStack(train.shape, named(request.layers));
  const shape = layers.at(-1)?.outputShape ?? train.shape;
  const classes = train.classes.length;
  const fits = layers.length > 0 && shape.length === 1 && shape[0] === classes;
  return {
    layers,
    problem:
      unknownOption(request.layers, layers) ??
      problem ??
      (fits
        ? undefined
        : {
            layer: request.layers.length,
            message: `the network gives [${shape.join(', ')}] for a sample, and must give [${classes}]: one number for each class. End it in a dense layer of ${classes} units, with flatten before it where shapes have several numbers.`,
          }),
    ...totals,
    memory: inspect.trainingMemory(totals, makeOptimizer({ ...request, learningRate: 1 }), request.batchSize),
  };
}

/** Where a training begins. */
export interface Beginning {
  readonly model: Model;
  readonly steps: number;
  readonly epoch: number;
  readonly batch: number;
  /** Of the epochs before, and of the one at work. */
  readonly log: EpochLog;
  /** Training loss and accuracy before it, as they were told; NaN where they were not. */
  readonly means: LabState['means'];
  /** What was not as expected. */
  readonly note: string;
}

/**
 * A network to be trained on some data: new, or as a run that was opened has it.
 *
 * @throws DataError or RangeError when the files of the run are damaged, or of other layers
 */
export async function beginTraining(
  { train }: LabData,
  settings: TrainingSettings,
  backend: Backend,
): Promise<Beginning> {
  const { seed, batchSize, from } = settings;
  const model = modelFromConfig(networkConfig(train.shape, settings));
  if (from && !from.checkpoint) await takeWeights(model, from);
  model.compile({
    optimizer: makeOptimizer(settings),
    loss: makeLoss(settings.loss, model),
    metrics: ['accuracy'],
    seed,
    backend,
  });
  const begun = { model, epoch: 0, batch: 0, log: new EpochLog(), means: UNTOLD };
  if (!from?.checkpoint) return { ...begun, steps: 0, note: '' };
  const state = decodeCheckpoint(from.checkpoint, 'checkpoint.safetensors');
  await restoreTraining(model, state);
  const { steps } = state.optimizer;
  if (state.data.samples === train.count && state.data.batchSize === batchSize && state.seed === seed)
    return { model, steps, ...goneOn(state) };
  const note = `This run was trained on ${state.data.samples ?? 'other'} samples in batches of ${state.data.batchSize}, and goes on with other data: its weights and its optimizer are taken, and an epoch begins anew.`;
  return { ...begun, steps, note };
}

const UNTOLD = { loss: Number.NaN, accuracy: Number.NaN };

/** Where a checkpoint goes on, with what was measured until then. */
function goneOn(state: Checkpoint): Pick<Beginning, 'epoch' | 'batch' | 'log' | 'means' | 'note'> {
  const { epoch, batch } = state;
  const { ms, means } = labStateOf(state);
  const log = EpochLog.of(state, ms);
  const note =
    log.batches === batch
      ? ''
      : `This run was saved after ${batch} batches of epoch ${epoch + 1}, without what they measured: training loss and accuracy of that epoch will be means over the rest of it.`;
  return { epoch, batch, log, means, note };
}

/** The network that is trained on samples of a shape, as JSON. */
export function networkConfig(
  inputShape: readonly number[],
  { layers, l2, seed }: Pick<TrainingSettings, 'layers' | 'l2' | 'seed'>,
) {
  return {
    formatVersion: 2,
    type: 'sequential',
    name: 'trained',
    seed,
    inputShape,
    layers: penalized(named(layers), l2),
    compile: null,
  };
}

/** A network that leaves softmax out gives logits. */
export function makeLoss(name: string, model: Model) {
  const fromLogits = !endsInSoftmax(model);
  switch (name) {
    case 'sparseCategoricalCrossentropy':
      return losses.sparseCategoricalCrossentropy({ fromLogits });
    case 'meanSquaredError':
      return losses.meanSquaredError();
    case 'categoricalHinge':
      return losses.categoricalHinge();
    default:
      throw new RangeError(`unknown loss '${name}'.`);
  }
}

async function takeWeights(model: Model, { config, weights }: OpenedRun): Promise<void> {
  const saved = modelFromConfig({ ...JSON.parse(config), compile: null }, { where: 'model.json' });
  await loadWeights(saved, weights, 'weights.safetensors');
  model.setWeights((await saved.getWeights()).map(({ data: values }) => values));
}

function makeOptimizer({
  optimizer,
  learningRate,
}: Pick<TrainingSettings, 'optimizer' | 'learningRate'>): Optimizer {
  if (optimizer === 'momentum') return optimizers.sgd({ learningRate, momentum: 0.9 });
  return optimizers.resolveOptimizer(optimizer as OptimizerName, { learningRate });
}
