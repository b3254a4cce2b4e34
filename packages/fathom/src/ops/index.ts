export { absolute, absoluteOp } from './absolute.ts';
export { add, addOp } from './add.ts';
export { broadcast, broadcastOp, sum, sumOp } from './broadcast.ts';
export { cast, castOp } from './cast.ts';
export { concat, concatOp } from './concat.ts';
export { ContractAttrs, contract, contractOp, type IndexMap } from './contract.ts';
export { divide, divideOp } from './divide.ts';
export { equal, equalOp } from './equal.ts';
export { erf, erfOp } from './erf.ts';
export { exp, expOp } from './exp.ts';
export { expm1, expm1Op } from './expm1.ts';
export { flip, flipOp } from './flip.ts';
export { floor, floorOp } from './floor.ts';
export { full, fullOp, ones, zeros } from './full.ts';
export { gather, gatherOp, scatterAdd, scatterAddOp } from './gather.ts';
export { gradients } from './gradients.ts';
export { iota, iotaOp } from './iota.ts';
export { constant, constantOp, input, inputOp, read, variableOp } from './leaves.ts';
export { less, lessOp } from './less.ts';
export { lessEqual, lessEqualOp } from './less-equal.ts';
export { log, logOp } from './log.ts';
export { log1p, log1pOp } from './log1p.ts';
export { logicalAnd, logicalAndOp } from './logical-and.ts';
export { logicalNot, logicalNotOp } from './logical-not.ts';
export { logicalOr, logicalOrOp } from './logical-or.ts';
export { max, maxOp } from './max.ts';
export { maximum, maximumOp } from './maximum.ts';
export { minimum, minimumOp } from './minimum.ts';
export { multiply, multiplyOp } from './multiply.ts';
export { negative, negativeOp } from './negative.ts';
export type { TensorLike } from './operands.ts';
export { randomBits, randomBitsOp, threefry } from './random-bits.ts';
export { reshape, reshapeOp } from './reshape.ts';
export { round, roundOp } from './round.ts';
export { type ScanOptions, type ScanResult, type ScanStep, scan, scanOp } from './scan.ts';
export { sigmoid, sigmoidOp } from './sigmoid.ts';
export { sign, signOp } from './sign.ts';
export { cos, cosOp, sin, sinOp } from './sin.ts';
export { pad, padOp, slice, sliceOp } from './slice.ts';
export { sqrt, sqrtOp } from './sqrt.ts';
export { stopGradient, stopGradientOp } from './stop-gradient.ts';
export { subtract, subtractOp } from './subtract.ts';
export { tanh, tanhOp } from './tanh.ts';
export {
  tileAssemble,
  tileAssembleOp,
  tileTransform,
  tileTransformOp,
} from './tile-transform.ts';
export { transpose, transposeOp } from './transpose.ts';
export { where, whereOp } from './where.ts';
export {
  windowArgmax,
  windowArgmaxOp,
  windowMax,
  windowMaxOp,
  windowPick,
  windowPickOp,
  windowPlace,
  windowPlaceOp,
} from './window-max.ts';
export { windowSpread, windowSpreadOp, windowSum, windowSumOp } from './window-sum.ts';
