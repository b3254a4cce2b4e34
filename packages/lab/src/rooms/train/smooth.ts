/**
 * Exponential moving mean, corrected for its beginning as Adam's: m ← β m + (1 − β) x, shown as m / (1 − βᵗ).
 *
 * @param beta share of the old mean, in [0, 1)
 */
export function smooth(values: readonly number[], beta: number): number[] {
  let [mean, weight] = [0, 0];
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    mean = beta * mean + (1 - beta) * value;
    weight = beta * weight + (1 - beta);
    return mean / weight;
  });
}
