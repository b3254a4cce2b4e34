import { describe, expect, it } from 'vitest';
import {
  csvSample,
  meanAndStd,
  originalRow,
  parseCsv,
  standardize,
  standardizeRow,
} from '../../src/data/index.ts';

describe('parseCsv', () => {
  it.each([
    [
      'commas, quotes and Windows line ends',
      'a,b\r\n1,"x, ""y"""\r\n\r\n',
      [
        ['a', 'b'],
        ['1', 'x, "y"'],
      ],
    ],
    [
      'semicolons behind a byte order mark',
      '\uFEFFa;b\n1,5;2\n',
      [
        ['a', 'b'],
        ['1,5', '2'],
      ],
    ],
    [
      'tabs and a last line without an end',
      'a\tb\n1\t',
      [
        ['a', 'b'],
        ['1', ''],
      ],
    ],
    [
      'spaces, where there is nothing else',
      '1 2\n 3  4 \n',
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    ['a line break within quotes', '"a\nb",c\n', [['a\nb', 'c']]],
    ['nothing', '', []],
  ])('reads %s', (_what, text, rows) => {
    expect(parseCsv(text)).toEqual(rows);
  });
});

describe('csvSample', () => {
  const sample = (text: string, size: number, row = 0, columns?: string[]) =>
    csvSample(text, 't.csv', { size, row, columns });

  it('takes the numbers of a row, with or without a head', () => {
    const table = 'name,a,b,kind\nfirst,1,2,x\nsecond,3,-4e-1,y\n';
    expect(sample(table, 2, 1)).toEqual({ values: [3, -0.4], rows: 2 });
    expect(sample('5.1,3.5,setosa\n4.9,3,setosa\n', 2, 1)).toEqual({ values: [4.9, 3], rows: 2 });
  });

  it('takes the columns that the network knows by name, wherever they stand', () => {
    const table = 'id,b,label,a\n7,1,0,2\n8,3,1,4\n';
    expect(sample(table, 2, 1, ['a', 'b']).values).toEqual([4, 3]);
    // Under other names they are taken in their order.
    expect(sample('u,v\n1,2\n', 2, 0, ['a', 'b']).values).toEqual([1, 2]);
  });

  it('leaves a class out that is a number', () => {
    expect(sample('label,a,b\n9,1,2\n', 2).values).toEqual([1, 2]);
  });

  it('takes a text that is one sample, step by step', () => {
    expect(sample('1,2\n3,4\n5,6\n', 6)).toEqual({ values: [1, 2, 3, 4, 5, 6], rows: 1 });
    expect(sample('4 11 2 19', 4).values).toEqual([4, 11, 2, 19]);
  });

  it.each([
    ['a,b\n1,2\n', 3, 0, 'expected rows of 3 numbers, or 3 numbers in all, received 1 rows of 2 numbers'],
    ['a,b\n1,2\n', 2, 1, 't.csv, row 1): expected rows of 2 numbers, or 2 numbers in all, received 1 rows'],
    // What is missing must not move what follows to its place.
    ['a,b,c\n1,2,3\n4,,6\n', 3, 1, 't.csv, row 1, column b): expected rows of 3 numbers'],
    ['', 2, 0, 'received 0 rows of 0 numbers'],
  ])('refuses %j for %i numbers', (text, size, row, message) => {
    expect(() => sample(text, size, row)).toThrow(message);
  });
});

describe('standardizeRow', () => {
  const raw = [
    [5.1, 1.6e9 + 12, 7, 0],
    [4.93, 1.6e9 + 512, 7, 1e-5],
    [6.257, 1.6e9 + 2048, 7, -3e-5],
  ];
  const columns = [0, 1, 2, 3].map((at) => ({
    name: `x ${at}`,
    ...meanAndStd(raw.map((row) => row[at]!)),
  }));

  it('gives the bits that standardizing the columns gives', () => {
    for (const [i, row] of raw.entries()) {
      const whole = columns.map(
        (column, at) =>
          standardize(
            raw.map((one) => one[at]!),
            column,
          )[i],
      );
      expect([...standardizeRow(row, columns)]).toEqual(whole);
    }
  });

  it('goes back to the numbers that were written', () => {
    for (const row of raw) {
      originalRow(standardizeRow(row, columns), columns).forEach((value, at) => {
        expect(Math.abs(value - row[at]!)).toBeLessThanOrEqual(1e-5 * columns[at]!.std);
      });
    }
    expect(originalRow(standardizeRow(raw[0]!, columns), columns)[0]).toBe(5.1);
  });
});
