import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Op } from '../../src/ir/op.ts';
import * as ops from '../../src/ops/index.ts';
import { acceptedExamples } from '../support/examples.ts';

const records = Object.entries(ops).filter((entry): entry is [string, Op] => entry[0].endsWith('Op'));
const here = new URL('./', import.meta.url);
const source = new URL('../../src/ops/', import.meta.url);
const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

describe('every op', () => {
  it.each(records)('%s has a name that fits, a test file of its own and examples', (exported, op) => {
    expect(exported).toBe(`${op.name}Op`);
    const test = readFileSync(new URL(`${kebab(op.name)}.test.ts`, here), 'utf8');
    if (op.lower.kind === 'leaf') {
      expect(test).toContain(exported);
      return;
    }
    expect(test).toContain(`describeOp(${exported});`);
    expect(acceptedExamples(op).length).toBeGreaterThanOrEqual(1);
    expect(op.doc.length).toBeGreaterThan(10);
  });

  it('is exported: no record is left behind in a file', () => {
    const declared = readdirSync(source)
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [
        ...readFileSync(new URL(file, source), 'utf8').matchAll(/export const (\w+Op): Op\b/g),
      ])
      .map((match) => match[1]!);
    expect(records.map(([name]) => name).sort()).toEqual(declared.sort());
  });

  it('has a name of its own', () => {
    expect(new Set(records.map(([, op]) => op.name)).size).toBe(records.length);
  });
});
