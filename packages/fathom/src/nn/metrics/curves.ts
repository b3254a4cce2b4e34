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
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(scores[i])) {
      throw new RangeError(`${where}: expected numbers as scores; received NaN at ${i}.`);
    }
    order[i] = i;
  }
  order.sort((a, b) => scores[b]! - scores[a]! || 0);
  const steps: Step[] = [];
  let yes = 0;
  let no = 0;
  for (let i = 0; i < count; ) {
    const threshold = scores[order[i]!]!;
    const before = yes + no;
    for (; i < count && scores[order[i]!] === threshold; i++) {
      const sample = order[i]!;
      const weight = weights ? weights[sample]! : 1;
      if (Number(labels[sample]) > 0.5) yes += weight;
      else no += weight;
    }
    if (yes + no !== before) steps.push({ threshold, yes, no });
  }
  return steps;
}

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
