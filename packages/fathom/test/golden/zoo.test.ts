import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mobileNet, mobileNetV2 } from '../../src/zoo/index.ts';
import { seededArray } from './golden.ts';

interface ZooCase {
  readonly name: 'mobileNet' | 'mobileNetV2';
  readonly alpha: number;
  readonly size: number;
  readonly classes: number;
  /** From which each weight is drawn. */
  readonly ranges: readonly (readonly [low: number, high: number])[];
  readonly prediction: readonly number[];
}

const { cases } = JSON.parse(readFileSync(new URL('./data/zoo.json', import.meta.url), 'utf8')) as {
  cases: ZooCase[];
};
const MAKERS = { mobileNet, mobileNetV2 };

describe("networks predict what Keras' do with the same weights", () => {
  it.each(cases)(
    '$name',
    async ({ name, alpha, size, classes, ranges, prediction }) => {
      const inputShape = [size, size, 3];
      const model = MAKERS[name]({ inputShape, alpha, classes, seed: 0 });
      const weights = await model.getWeights();
      expect(weights).toHaveLength(ranges.length);
      model.setWeights(
        weights.map(({ shape }, i) => {
          const [low, high] = ranges[i]!;
          return seededArray({ shape, seed: 1000 + i, low, high });
        }),
      );
      const image = seededArray({ shape: inputShape, seed: 7, low: 0, high: 1 });
      const { data } = await model.predict({ data: image, shape: [1, ...inputShape] });
      data.forEach((value, i) => {
        expect(value).toBeCloseTo(prediction[i]!, 4);
      });
      await model.dispose();
    },
    60_000,
  );
});
