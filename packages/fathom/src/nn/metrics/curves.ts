/** Receiver operating characteristic as plain numbers, from the highest threshold to the lowest. */
export interface RocCurve {
  readonly falsePositiveRate: number[];
  readonly truePositiveRate: number[];
  /** Yes is said from this score on; the first is Infinity, above every score. */
  readonly thresholds: number[];
  /** Area under the curve: the chance that a yes has a higher score than a no, ties counting half. */
  readonly auc: number;
}

/** Precision against recall as plain numbers, from the highest threshold to the lowest. */
export interface PrecisionRecallCurve {
  readonly precision: number[];
  readonly recall: number[];
  /** Yes is said from this score on; the first is Infinity, where recall is 0 and precision is taken as 1. */
  readonly thresholds: number[];
  /** Σ (Rᵢ − Rᵢ₋₁)·Pᵢ, the area under the steps. */
  readonly averagePrecision: number;
}

export interface CurveOptions {
  /** What each sample counts. Default 1. */
  readonly sampleWeight?: ArrayLike<number> | undefined;
}

/**
 * The curve of the rate of right yeses against that of wrong ones, exact: a point for every score that occurs.
 *
 * Equal scores are decided together. Without a yes or without a no one rate is undefined: it is NaN, and so is the area.
 *
 * Paper: T. Fawcett, An introduction to ROC analysis (2006).
 *
 * @param labels 1 or true for yes, 0 or false for no
 * @param scores any numbers, the higher the surer of yes
 * @throws RangeError when the counts differ, or a score is NaN
 * @example
 * metrics.rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).auc; // 0.75
 */
export function rocCurve(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  { sampleWeight }: CurveOptions = {},
): RocCurve {
  const steps = thresholdSteps('rocCurve', labels, scores, sampleWeight);
  const { yes, no } = steps.at(-1) ?? NOTHING;
  const points = [NOTHING, ...steps];
  return {
    falsePositiveRate: points.map((point) => point.no / no),
    truePositiveRate: points.map((point) => point.yes / yes),
    thresholds: points.map(({ threshold }) => threshold),
    auc: areaUnderRoc(steps),
  };
}

/**
 * The curve of the share of right yeses among those said against the share found, exact: a point for every score that
 * occurs. Without a yes recall is undefined: it is NaN, and so is the area.
 *
 * @param labels 1 or true for yes, 0 or false for no
 * @param scores any numbers, the higher the surer of yes
 * @throws RangeError when the counts differ, or a score is NaN
 * @example
 * metrics.precisionRecallCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).precision; // [1, 1, 0.5, 0.6667, 0.5]
 */
export function precisionRecallCurve(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  { sampleWeight }: CurveOptions = {},
): PrecisionRecallCurve {
  const steps = thresholdSteps('precisionRecallCurve', labels, scores, sampleWeight);
  const { yes } = steps.at(-1) ?? NOTHING;
  const points = [NOTHING, ...steps];
  return {
    precision: points.map((point, i) => (i === 0 ? 1 : point.yes / (point.yes + point.no))),
    recall: points.map((point) => point.yes / yes),
    thresholds: points.map(({ threshold }) => threshold),
    averagePrecision: averagePrecision(steps),
  };
}

/** The weights of the yeses and noes with at least this score. */
export interface Step {
  readonly threshold: number;
  readonly yes: number;
  readonly no: number;
}

/** A step for each score that occurs, the highest first. Samples of weight 0 do not occur. */
export function thresholdSteps(
  where: string,
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
): Step[] {
  const count = labels.length;
  for (const [what, length] of [
    ['scores', scores.length],
    ['weights', weights?.length ?? count],
  ] as const) {
    if (length !== count) {
      throw new RangeError(`${where}: expected ${count} ${what}, one for each label; received ${length}.`);
    }
  }
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(scores[i])) {
      throw new RangeError(`${where}: expected numbers as scores; received NaN at ${i}.`);
    }
  }
  const isYes = (i: number) => Number(labels[i]) > 0.5;
  return weights ? weightedSteps(isYes, scores, weights) : plainSteps(isYes, scores);
}

/** Yeses and noes are sorted for themselves, as plain numbers, which is faster than sorting places. */
function plainSteps(isYes: (i: number) => boolean, scores: ArrayLike<number>): Step[] {
  const all = Float64Array.from(scores);
  const sides = [all.filter((_, i) => isYes(i)).sort(), all.filter((_, i) => !isYes(i)).sort()] as const;
  const steps: Step[] = [];
  // Numbers of yeses and noes that are lower than the steps so far.
  let [yes, no] = [sides[0].length, sides[1].length];
  while (yes + no > 0) {
    const threshold = Math.max(sides[0][yes - 1] ?? LOWEST, sides[1][no - 1] ?? LOWEST);
    while (sides[0][yes - 1] === threshold) yes--;
    while (sides[1][no - 1] === threshold) no--;
    steps.push({ threshold, yes: sides[0].length - yes, no: sides[1].length - no });
  }
  return steps;
}

function weightedSteps(
  isYes: (i: number) => boolean,
  scores: ArrayLike<number>,
  weights: ArrayLike<number>,
): Step[] {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => scores[b]! - scores[a]! || 0);
  const steps: Step[] = [];
  let yes = 0;
  let no = 0;
  for (let i = 0; i < order.length; ) {
    const threshold = scores[order[i]!]!;
    const before = yes + no;
    for (; i < order.length && scores[order[i]!] === threshold; i++) {
      const weight = weights[order[i]!]!;
      if (isYes(order[i]!)) yes += weight;
      else no += weight;
    }
    if (yes + no !== before) steps.push({ threshold, yes, no });
  }
  return steps;
}

const LOWEST = Number.NEGATIVE_INFINITY;

/** Trapezoids between the steps: ties count half. */
export function areaUnderRoc(steps: readonly Step[]): number {
  const { yes, no } = steps.at(-1) ?? NOTHING;
  let area = 0;
  let before: Step = NOTHING;
  for (const step of steps) {
    area += ((step.no - before.no) * (step.yes + before.yes)) / 2;
    before = step;
  }
  return area / (yes * no);
}

export function averagePrecision(steps: readonly Step[]): number {
  const { yes } = steps.at(-1) ?? NOTHING;
  let area = 0;
  let before: Step = NOTHING;
  for (const step of steps) {
    area += ((step.yes - before.yes) * step.yes) / (step.yes + step.no);
    before = step;
  }
  return area / yes;
}

const NOTHING: Step = { threshold: Number.POSITIVE_INFINITY, yes: 0, no: 0 };
