export {
  type Activations,
  activations,
  type LayerActivation,
  type OutputValues,
  rangeOf,
  type ValueRange,
} from './activations.ts';
export { type Answer, answers } from './answers.ts';
export {
  type ApproximatingUnit,
  type Approximation,
  type ApproximationOptions,
  approximations,
  polynomialBound,
  type SampledFunction,
} from './approximations.ts';
export {
  type Backpropagation,
  backpropagation,
  type DenseWeights,
  type LayerPass,
  type PlainLayer,
  type PlainTask,
} from './backpropagation.ts';
export { compareTransformed, type TransformComparison, type TransformedLayer } from './compareTransformed.ts';
export type { Place } from './contraction.ts';
export { type ChannelContribution, contributions, type MapContributions } from './contributions.ts';
export { activationCurve, activationRow, type Curve, lossCurve, lossValue } from './curves.ts';
export { deadUnits, type UnitReport } from './deadUnits.ts';
export { type Bounds, type DecisionGrid, decisionGrid, type GridLayer } from './decisionGrid.ts';
export {
  describeNetwork,
  describeStack,
  type LayerCosts,
  type LayerDescription,
  type NetworkDescription,
  type StackDescription,
  type WeightDescription,
} from './describeNetwork.ts';
export type { ActivationStep, CellExplanation, CellPart, NamedNumber, Term } from './explain/cell.ts';
export { explainCell } from './explainCell.ts';
export {
  explainGradient,
  type GradientExplanation,
  type GradientOf,
} from './explainGradient.ts';
export { type GradCam, type GradCamOptions, gradCam } from './gradCam.ts';
export { type GradCamPlace, gradCamPlaces } from './gradCamPlaces.ts';
export {
  type GradientLoss,
  gradients,
  type LayerGradient,
  type NetworkGradients,
  type WeightGradient,
} from './gradients.ts';
export type { GradientTerm } from './gradientTerms.ts';
export {
  type GradientHistogramOptions,
  gradientHistograms,
  type Histogram,
  type HistogramOptions,
  histogram,
  type UpdateRatio,
  updateRatios,
  type WeightSnapshot,
  weightHistograms,
  weightSnapshot,
} from './histograms.ts';
export { type LeastSquares, leastSquares } from './leastSquares.ts';
export {
  type CostSurface,
  costSurface,
  type DescentOptions,
  type DescentStep,
  descentPath,
  type Line,
  type LinePoint,
  type NormalEquation,
  normalEquation,
} from './linearRegression.ts';
export { type MaximizedActivation, type MaximizeOptions, maximizeActivation } from './maximizeActivation.ts';
export type { Inspectable } from './nodes.ts';
export type { LossOrigin, ObjectiveOptions, Target } from './objective.ts';
export { type OcclusionMap, type OcclusionOptions, occlusion } from './occlusion.ts';
export {
  featureMaps,
  filters,
  inputPicture,
  type Picture,
  type PictureOptions,
  picture,
  type Scaling,
} from './pictures.ts';
export { type Box, type LayerBox, type ReceptiveField, receptiveField } from './receptiveField.ts';
export { dotProductHtml, windowGrids } from './render/dotProduct.ts';
export { mapsHtml } from './render/maps.ts';
export { networkSvg, networkTable } from './render/overview.ts';
export { type PageOptions, pageHtml, type WrittenRow } from './render/page.ts';
export { encodePng, pngUrl } from './render/png.ts';
export { type SaliencyMap, type SaliencyOptions, saliency } from './saliency.ts';
export { forget, type InspectOptions } from './session.ts';
export { type StepMemory, stepMemory, type TrainingMemory, trainingMemory } from './trainingMemory.ts';
export {
  type Border,
  type Grid,
  type GridPlace,
  kernelExtent,
  paddedInput,
  stampedSoFar,
  stampPlaces,
  type WindowAxis,
  type WindowGeometry,
  type WindowLayout,
  type WindowOperation,
  type WindowStep,
  type WindowTerm,
  windowLayout,
  windowTermsAt,
} from './windowGeometry.ts';
export { type WindowMaps, windowMaps } from './windowMaps.ts';
export { type Mistake, type Mistakes, worstMistakes } from './worstMistakes.ts';
