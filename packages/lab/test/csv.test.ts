import { describe, expect, it } from 'vitest';
import { parseTable } from '../src/engine/csv.ts';

describe('a table', () => {
  it('becomes standardized columns and class numbers', () => {
    const { values, written, labels, classes, columns, dropped } = parseTable(
      'x,name,species,y\n1,a,cat,10\n3,b,dog,20\n',
      't.csv',
    );
    expect(columns).toEqual([
      { name: 'x', mean: 2, std: 1 },
      { name: 'y', mean: 15, std: 5 },
    ]);
    expect(classes).toEqual(['cat', 'dog']);
    expect([...labels]).toEqual([0, 1]);
    expect([...values]).toEqual([-1, -1, 1, 1]);
    expect([...written]).toEqual([1, 10, 3, 20]);
    expect(dropped).toBe(0);
  });

  it('may have quotes, semicolons, a byte order mark, Windows line ends and missing values', () => {
    const rows = Array.from({ length: 30 }, (_, i) => `${i};"say ""${i % 2}"""`);
    const { classes, labels, dropped } = parseTable(
      `\uFEFFa;"the; class"\r\n${rows.join('\r\n')}\r\n;x\r\n`,
      't.csv',
    );
    expect(classes).toEqual(['say "0"', 'say "1"']);
    expect(labels).toHaveLength(30);
    expect(dropped).toBe(1);
  });

  it.each([
    ['', 'a head and two rows'],
    ['a,b\n1,x\n', '1 rows below a head of 2 columns'],
    ['a,b\n1,x\n2\n', 'row 3'],
    ['a,b\nq,x\nr,y\n', 'a column of numbers'],
    ['a,b\n1,x\n2,x\n', '2 to 200 classes'],
  ])('%j cannot be learned from', (text, message) => {
    expect(() => parseTable(text, 't.csv')).toThrow(message);
  });
});
