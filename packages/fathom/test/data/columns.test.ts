import { describe, expect, it } from 'vitest';
import { columnsOfInputs, isStoredColumns } from '../../src/data/index.ts';

const column = (name: string) => ({ name, mean: name.length, std: 2 });
const [a, b, c] = ['a', 'bb', 'ccc'].map(column) as [
  ReturnType<typeof column>,
  ReturnType<typeof column>,
  ReturnType<typeof column>,
];
const taker = (name: string, shape: readonly number[], dtype = 'float32') => ({ name, shape, dtype });
const SEVERAL = [
  taker('one', [1]),
  taker('photo', [2, 2, 1]),
  taker('words', [2], 'int32'),
  taker('two', [2]),
];

describe('columnsOfInputs', () => {
  it('gives a list to an only input of as many numbers, of any shape', () => {
    expect(columnsOfInputs([a, b], [taker('x', [2])])).toEqual([[a, b]]);
    expect(columnsOfInputs([a, b], [taker('x', [2, 1])])).toEqual([[a, b]]);
    expect(columnsOfInputs([a, b], [taker('x', [3])])).toEqual([undefined]);
    expect(columnsOfInputs(undefined, [taker('x', [2])])).toEqual([undefined]);
  });

  it('cuts a list among the inputs that take rows, if it is as long as they are together', () => {
    expect(columnsOfInputs([a, b, c], SEVERAL)).toEqual([[a], undefined, undefined, [b, c]]);
    expect(columnsOfInputs([a, b], SEVERAL)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('gives each input the list of its name, if it is as long as that', () => {
    expect(columnsOfInputs({ two: [b, c], one: [a, b], other: [c] }, SEVERAL)).toEqual([
      undefined,
      undefined,
      undefined,
      [b, c],
    ]);
    expect(columnsOfInputs({}, [taker('constructor', [1])])).toEqual([undefined]);
  });
});

describe('isStoredColumns', () => {
  it('takes lists and records of them, whose columns have a name, a mean and a deviation', () => {
    for (const good of [[], [a], { one: [a], two: [] }]) expect(isStoredColumns(good)).toBe(true);
    const wrong = [{ ...a, std: -1 }, { ...a, mean: Number.NaN }, { name: 'a' }, null, 1];
    for (const bad of [null, undefined, 'a', ...wrong.flatMap((one) => [[one], { one: [one] }, { one }])]) {
      expect(isStoredColumns(bad)).toBe(false);
    }
  });
});
