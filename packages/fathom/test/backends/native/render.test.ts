import { describe, expect, it } from 'vitest';
import { renderC } from '../../../src/backends/native/render.ts';
import { compile } from '../../../src/compiler/compile.ts';
import type { Target } from '../../../src/compiler/program.ts';
import { matmul } from '../../../src/functional/index.ts';
import type { Tensor } from '../../../src/ir/tensor.ts';
import { add, constant, exp, input, multiply, tileTransform } from '../../../src/ops/index.ts';
import { WIDE } from '../../compiler/support/targets.ts';
import { trainingStep } from '../../compiler/support/trainingStep.ts';

const TARGET: Target = { ...WIDE, lanes: 16 };
const sourceOf = (inputs: readonly Tensor[], outputs: readonly Tensor[]) =>
  renderC(compile({ inputs, outputs, updates: [] }, TARGET), TARGET.lanes);

describe('C of a program', () => {
  it('has one function for each launch in the first file, and what those call in one of the files', () => {
    const { program, files } = longest();
    expect(files.length).toBeGreaterThan(1);
    const written = (name: string) =>
      files.map((file) => file.match(new RegExp(`^KERNEL ${name}\\([^;]*\\{$`, 'gm'))?.length ?? 0);
    const called = program.launches.map((_, i) => {
      expect(written(`k${i}`), `k${i} is written once, in the first file`).toEqual(
        files.map((_, f) => (f === 0 ? 1 : 0)),
      );
      return new RegExp(`KERNEL k${i}\\([^{]*\\{\\n  (f\\d+)\\(`).exec(files[0]!)![1]!;
    });
    for (const name of new Set(called)) {
      expect(
        written(name).reduce((x, y) => x + y),
        `${name} is written once`,
      ).toBe(1);
      expect(files[0], `${name} is declared in the first file`).toMatch(
        new RegExp(`^KERNEL ${name}\\(.*\\);$`, 'm'),
      );
    }
  });

  it('has one function for all launches that do the same with other memory', () => {
    const [x, ...weights] = [input('x', [64, 64]), input('v', [64, 64]), input('w', [64, 64])];
    const layers = (...outputs: Tensor[]) => sourceOf([x!, ...weights], outputs).join('');
    const functions = (source: string) => new Set(source.match(/^KERNEL f\d+(?=\()/gm)).size;
    const [v, w] = weights as [Tensor, Tensor];
    expect(functions(layers(matmul(x!, v), matmul(x!, w)))).toBe(1);
    expect(functions(layers(matmul(x!, v), matmul(matmul(x!, v), w)))).toBe(1);
    // The square reads one memory twice.
    expect(functions(layers(matmul(x!, v), matmul(w, w)))).toBe(2);
  });

  it('is the same for the same graph: the cache goes by it', () => {
    const source = () => renderC(compile(trainingStep(5).graph, TARGET), TARGET.lanes);
    expect(source()).toEqual(source());
  });

  it('is cut into files by nothing but its length', () => {
    const small = sourceOf([], [add(constant([1, 2]), 1)]);
    expect(small).toHaveLength(1);
    const lengths = longest().files.map(({ length }) => length);
    expect(Math.max(...lengths)).toBeLessThan(4 * Math.min(...lengths));
  });

  it('multiplies and adds in one rounding, repeats one factor over the lanes of the other', () => {
    const [a, b] = [input('a', [32, 64]), input('b', [64, 32])];
    const [source] = sourceOf([a, b], [matmul(a, b)]);
    expect(source).toMatch(
      /r\d+ = fma_\(\w*splat_f\(\*\(b0[^)]*\)\)?\)?, .*, r\d+\);|fma_\(t\d+, t\d+, r\d+\)/,
    );
    expect(source).not.toMatch(/#include <(math|stdlib)/);
  });

  it('asks for the rows that the windows below have beyond these, where the rows come from further away', () => {
    const fetched = (side: number) => {
      const x = input('x', [8, side, side, 64]);
      const matrix = [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]; // biome-ignore format: a matrix
      const source = sourceOf([x], [tileTransform(x, { matrix, stride: 2 })]).join('');
      return [
        ...source
          .split('KERNEL')
          .pop()!
          .matchAll(/__builtin_prefetch\(b\d+ \+ (.*?)\);/g),
      ].map(([, at]) => at!);
    };
    // Windows of four rows, two of which those below have, too; two pixels of 64 channels in four iterations.
    const row = 34 * 64;
    const places = fetched(34);
    expect(places).toHaveLength(2 * 2);
    const offsets = places.map((at) => Number(/ (\d+)$/.exec(at)![1]));
    expect(offsets).toEqual([4, 5].flatMap((r) => [r * row, r * row + 16]));
    expect(places.every((at) => at.includes('* 32 +'))).toBe(true);
    expect(fetched(4), 'small enough for the nearest cache').toEqual([]);
  });

  it('asks early for what is added to the sums of a tile, if that is large', () => {
    const product = (size: number) => {
      const [a, b, c] = [input('a', [size, 64]), input('b', [64, size]), input('c', [size, size])];
      return sourceOf([a, b, c], [add(matmul(a, b), c)]).join('');
    };
    const kernel = product(512).split('KERNEL').pop()!;
    const [, added] = /__builtin_prefetch\((b\d+)/.exec(kernel) ?? [];
    const [fetch, loop, sum] = [`__builtin_prefetch(${added}`, 'fma_(', `get_f(${added}`].map((text) =>
      kernel.indexOf(text),
    );
    expect(fetch).toBeGreaterThan(0);
    expect(loop).toBeGreaterThan(fetch!);
    expect(sum).toBeGreaterThan(loop!);
    expect(product(64)).not.toContain('__builtin_prefetch');
  });

  it('asks ahead for what a loop of sums reads in one piece, if that is large', () => {
    const product = (size: number) => {
      const [a, b] = [input('a', [size, size]), input('b', [size, size])];
      return sourceOf([a, b], [matmul(a, b)]).join('');
    };
    const [large] = /^ *for .*\n *__builtin_prefetch\(b\d+ \+ .* \+ 1024\);\n/m.exec(product(1024)) ?? [];
    expect(large).toBeDefined();
    expect(product(32)).not.toContain('__builtin_prefetch');
  });

  it('asks, where several tiles read the same piece, each for its part of the next piece', () => {
    const [a, b] = [input('a', [24, 1024]), input('b', [1024, 1024])];
    const kernel = sourceOf([a, b], [matmul(a, b)])
      .join('')
      .split('KERNEL')
      .pop()!;
    const [, tile, part, piece] =
      /__builtin_prefetch\(b\d+ .*\+ (v\d+) \* (\d+) \+ (\d+)\)/.exec(kernel) ?? [];
    const [, tiles] = new RegExp(`for \\(long ${tile} = 0; ${tile} < (\\d+);`).exec(kernel) ?? [];
    expect(Number(tiles)).toBeGreaterThan(1);
    expect(Number(piece)).toBe(Number(tiles) * Number(part));
  });

  it('writes constants exactly, and those that C has no literal for', () => {
    const x = input('x', [40]);
    const values = [0.1, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e-45, 3];
    const outputs = values.map((value) => multiply(exp(x), value));
    const source = sourceOf([x], outputs).join('');
    expect(source).toContain('splat_f(0.10000000149011612f)');
    expect(source).toContain('splat_f(-0.0f)');
    expect(source).toContain('splat_f(__builtin_inff())');
    expect(source).toContain('splat_f(-__builtin_inff())');
    expect(source).toContain('splat_f(__builtin_nanf(""))');
    expect(source).toContain('splat_f(1.401298464324817e-45f)');
    expect(source).toContain('splat_f(3.0f)');
  });

  it('stores no lane that is not in use', () => {
    const x = input('x', [21]);
    const source = sourceOf([x], [add(x, 1)]).join('');
    expect(source).toMatch(/put_f\(b1, /);
    expect(source).toMatch(/put_part\(b1 \+ 16, .*, 5\);/);
  });

  it('ends no comment early, whatever an op is called', () => {
    const program = compile({ inputs: [], outputs: [add(constant([1]), 1)], updates: [] }, TARGET);
    const launches = program.launches.map((launch) => ({ ...launch, name: 'a */ int evil; /*' }));
    const [source] = renderC({ ...program, launches }, TARGET.lanes);
    expect(source).toContain('/* a  int evil; /* */');
  });
});

/** The longest of the steps that the networks' tests take. */
function longest() {
  const all = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
    const program = compile(trainingStep(seed).graph, TARGET);
    return { program, files: renderC(program, TARGET.lanes) };
  });
  return all.reduce((a, b) => (b.files.length > a.files.length ? b : a));
}
