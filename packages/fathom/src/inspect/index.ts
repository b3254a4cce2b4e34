export {
  type Activations,
  activations,
  type LayerActivation,
  rangeOf,
  type ValueRange,
} from './activations.ts';
export type { Place } from './contraction.ts';
export { type ChannelContribution, contributions, type MapContributions } from './contributions.ts';
export {
  describeNetwork,
  describeStack,
  type LayerCosts,
  type LayerDescription,
  type NetworkDescription,
  type StackDescription,
  type WeightDescription,
} from './describeNetwork.ts';
export {
  type ActivationStep,
  type CellExplanation,
  explainCell,
  type NamedNumber,
  type Term,
} from './explainCell.ts';
export {
  explainGradient,
  type GradientExplanation,
  type GradientOf,
} from './explainGradient.ts';
export { gradients, type LayerGradient, type NetworkGradients, type WeightGradient } from './gradients.ts';
export type { GradientTerm } from './gradientTerms.ts';
export type { Inspectable } from './nodes.ts';
export type { ObjectiveOptions, Target } from './objective.ts';
export { type Box, type LayerBox, type ReceptiveField, receptiveField } from './receptiveField.ts';
export { forget, type InspectOptions } from './session.ts';
