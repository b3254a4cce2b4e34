import { describe, expect, it } from 'vitest';
import { BOARD, decodeStrokes, encodeStrokes, type Stroke, simplify } from '../src/rooms/draw/strokes.ts';

/** A round line of many points. */
const circle: Stroke = Array.from({ length: 200 }, (_, i) => {
  const angle = (2 * Math.PI * i) / 199;
  return [140 + 90 * Math.cos(angle), 140 + 90 * Math.sin(angle)] as const;
});

describe('a drawing in a link', () => {
  it('comes back as it is seen', () => {
    const strokes = [
      simplify(circle),
      simplify([[10, 10]]),
      simplify([
        [0, 0],
        [BOARD, BOARD],
      ]),
    ];
    const back = decodeStrokes(encodeStrokes(strokes));
    expect(back).toHaveLength(3);
    back.forEach((stroke, i) => {
      expect(stroke).toHaveLength(strokes[i]!.length);
      stroke.forEach(([x, y], j) => {
        expect(x).toBeCloseTo(strokes[i]![j]![0], 9);
        expect(y).toBeCloseTo(strokes[i]![j]![1], 9);
      });
    });
  });

  it('is short, and follows the hand', () => {
    const simple = simplify(circle);
    expect(simple.length).toBeLessThan(40);
    for (const [x, y] of simple) expect(Math.abs(Math.hypot(x - 140, y - 140) - 90)).toBeLessThan(1.2);
    const straight = simplify(Array.from({ length: 50 }, (_, i) => [40 + 4 * i, 60] as const));
    expect(straight).toHaveLength(2);
  });

  it('of a thousand strokes does not become too long for a link', () => {
    expect(encodeStrokes(Array(1000).fill(simplify(circle))).length).toBeLessThan(4000);
  });

  it.each(['', '.', '...', 'A', '!!', '<script>', 'AA..BB'])(
    'from %j is drawn without what is none',
    (text) => {
      for (const stroke of decodeStrokes(text)) {
        expect(stroke.length).toBeGreaterThan(0);
        for (const [x, y] of stroke) expect(x >= 0 && x <= BOARD && y >= 0 && y <= BOARD).toBe(true);
      }
    },
  );
});
