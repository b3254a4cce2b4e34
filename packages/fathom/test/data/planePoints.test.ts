import { describe, expect, it } from 'vitest';
import { lifeExpectancy, PLANE_EXTENT, type PlaneSet, planePoints } from '../../src/index.ts';

const SETS: readonly PlaneSet[] = ['clouds', 'xor', 'corners', 'and', 'circle', 'moons', 'spiral'];

describe.each(SETS)('%s', (name) => {
  it('lies in the plane, holds both classes, and comes again by its seed', () => {
    const points = planePoints(name, { seed: 2, count: 60 });
    expect(points).toHaveLength(name === 'corners' || name === 'and' ? 4 : 60);
    expect(points).toEqual(planePoints(name, { seed: 2, count: 60 }));
    expect(new Set(points.map(({ label }) => label)).size).toBe(2);
    for (const { x, y } of points) {
      expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(PLANE_EXTENT);
    }
  });
});

it('other seeds give other points', () => {
  expect(planePoints('clouds', { seed: 1 })).not.toEqual(planePoints('clouds', { seed: 2 }));
  expect(lifeExpectancy({ seed: 1 })).not.toEqual(lifeExpectancy({ seed: 2 }));
});

it('the classes are those that the names say', () => {
  expect(planePoints('corners').map(({ x, y, label }) => [x, y, label])).toEqual([
    [0, 0, 0],
    [0, 1, 1],
    [1, 0, 1],
    [1, 1, 0],
  ]);
  expect(planePoints('and').map(({ label }) => label)).toEqual([0, 0, 0, 1]);
  for (const { x, y, label } of planePoints('xor', { noise: 0 })) expect(label).toBe(x * y < 0 ? 1 : 0);
  for (const { x, y, label } of planePoints('circle', { noise: 0 })) {
    expect(Math.hypot(x, y) < 1.5 ? 1 : 0).toBe(label);
  }
});

it('the older live less', () => {
  const people = lifeExpectancy({ seed: 3, count: 400 });
  const mean = (old: boolean) => {
    const part = people.filter(({ x }) => x > 4 === old);
    return part.reduce((sum, { y }) => sum + y, 0) / part.length;
  };
  // Twenty years apart each from the middle, nine a decade.
  expect(mean(false) - mean(true)).toBeCloseTo(36, -1);
});
