import { describe, expect, it } from 'vitest';
import { classificationReport, confusionMatrix } from '../../../src/nn/metrics/index.ts';

describe('classificationReport', () => {
  it('reads precision, recall and F1 of each class off the matrix', () => {
    const matrix = confusionMatrix([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0]);
    expect(classificationReport(matrix)).toEqual({
      precision: [1 / 2, 1 / 2, 1],
      recall: [1 / 2, 1, 2 / 3],
      f1Score: [1 / 2, 2 / 3, 4 / 5],
      support: [2, 1, 3],
      accuracy: 4 / 6,
    });
  });

  it('is 0 for a class that never occurs and is never named', () => {
    const { precision, recall, f1Score, support } = classificationReport([
      [3, 0],
      [0, 0],
    ]);
    expect([precision[1], recall[1], f1Score[1], support[1]]).toEqual([0, 0, 0, 0]);
  });

  it('refuses a matrix that is not square', () => {
    expect(() => classificationReport([[1, 2]])).toThrow(
      'expected a square matrix of 1 rows; received a row of 2',
    );
  });
});
