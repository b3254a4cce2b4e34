import { transform } from 'esbuild';
import { expect } from 'vitest';
import { sameShape } from '../../src/ir/shape.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { evaluate } from '../../src/runtime.ts';

/** The code under one `@example` of a doc comment. */
export interface Example {
  readonly line: number;
  readonly code: string;
}

/** All examples in the doc comments of a source file. */
export function examplesIn(source: string): Example[] {
  return [...source.matchAll(/\/\*\*.*?\*\//gs)].flatMap((comment) =>
    comment[0]
      .split('@example')
      .slice(1)
      .map((text, i) => {
        const before = source.slice(0, comment.index) + comment[0].split('@example', i + 1).join('@example');
        const lines = text
          .replace(/\*\/$/, '')
          .split('\n')
          .map((line) => line.replace(/^\s*\* ?/, ''));
        const end = lines.findIndex((line) => line.startsWith('@'));
        const code = lines.slice(0, end < 0 ? undefined : end).join('\n');
        return { line: before.split('\n').length, code: code.trim() };
      }),
  );
}

/**
 * Runs the code of an example with the names of `scope`. Where a statement is followed by a comment that reads as a
 * value (`// [0, 0, 2]`), the statement must have that value, as exact as it is written.
 */
export async function runExample(code: string, scope: Readonly<Record<string, unknown>>): Promise<void> {
  const declared = new Set(
    [...code.matchAll(/\b(?:const|let|class|function)\s+(\w+)/g)].map(([, name]) => name),
  );
  for (const [, names] of code.matchAll(/\b(?:const|let)\s+[{[]([^}\]=]+)[}\]]\s*=/g)) {
    for (const name of names!.split(',')) declared.add(name.split(':').at(-1)!.trim());
  }
  const names = Object.keys(scope).filter((name) => !declared.has(name) && /^[A-Za-z_$][\w$]*$/.test(name));
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  // Inside of a function, since a module would not return what is awaited.
  const { code: plain } = await transform(`async () => {\n${withChecks(code)}\n}`, { loader: 'ts' });
  const run = new AsyncFunction(CHECK, ...names, `await (${plain.trim().replace(/;$/, '')})();`);
  await run(check, ...names.map((name) => scope[name]));
}

const CHECK = '__check';

/** Statements followed by a value become checks of that value. */
function withChecks(code: string): string {
  const statement = /^(?!\s|const |let |for |class |import |\}|\))([^\n]*?);\s*\/\/ ([^\n]*)$/gm;
  return code.replace(statement, (whole, expression: string, comment: string) => {
    if (expectedValue(comment) === undefined) return whole;
    return `await ${CHECK}(${expression}, ${JSON.stringify(comment)});`;
  });
}

/** The value that a comment states, or `undefined` for prose. */
function expectedValue(comment: string): unknown {
  const text = comment.replace(/^\w+Array /, '').replaceAll("'", '"');
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function check(actual: unknown, comment: string): Promise<void> {
  const expected = expectedValue(comment);
  if (actual instanceof Tensor) {
    // Of a large result the comment gives the shape.
    if (sameShape(actual.shape, flat(expected))) return;
    const [values] = await evaluate([actual]);
    expectNumbers(Array.from(values!), flat(expected), comment);
  } else if (ArrayBuffer.isView(actual)) {
    expectNumbers(Array.from(actual as Float32Array), flat(expected), comment);
  } else if (Array.isArray(actual) && actual.length > 0 && flat(actual).every((v) => typeof v === 'number')) {
    expectNumbers(flat(actual), flat(expected), comment);
  } else if (typeof actual === 'number') expectNumbers([actual], flat(expected), comment);
  else expect(actual, comment).toEqual(expected);
}

/** Numbers as exact as the comment writes them: half a unit of its last decimal. */
function expectNumbers(actual: readonly number[], expected: readonly number[], comment: string): void {
  expect(actual.length, comment).toBe(expected.length);
  const decimals = Math.max(0, ...[...comment.matchAll(/\.(\d+)/g)].map(([, digits]) => digits!.length));
  // float32 adds its own rounding to what is written.
  actual.forEach((value, i) => {
    const tolerance = 0.5 * 10 ** -decimals + 1e-6 * Math.abs(expected[i]!);
    expect(Math.abs(value - expected[i]!), `${comment}; value ${i} is ${value}`).toBeLessThanOrEqual(
      decimals === 0 ? 1e-5 : tolerance,
    );
  });
}

function flat(value: unknown): number[] {
  return Array.isArray(value) ? value.flatMap(flat) : [value as number];
}
