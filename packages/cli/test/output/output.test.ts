import { describe, expect, it } from 'vitest';
import { confusionMatrix, formatConfusionMatrix, topMistakes } from '../../src/output/confusion.ts';
import { trainingProgress } from '../../src/output/progress.ts';
import { paintFor, type Terminal } from '../../src/output/terminal.ts';
import { byteSize, count, duration, percent, timeLeft } from '../../src/output/units.ts';
import { suggest } from '../../src/suggest.ts';

const ESCAPE = String.fromCharCode(27);
const PLAIN = paintFor({ isTTY: false }, {});
const COLOUR = paintFor({ isTTY: true }, {});

describe('units', () => {
  it.each([
    [0.0005, '1 µs'],
    [1.234, '1.23 ms'],
    [420, '420 ms'],
    [5230, '5.2 s'],
    [100_000, '1 min 40 s'],
    [7_500_000, '2 h 5 min'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });

  it('gives every number its unit', () => {
    expect([count(60000), percent(0.98714), timeLeft(4100), timeLeft(100_000)]).toEqual([
      '60,000',
      '98.71 %',
      '5 s',
      '1 min 40 s',
    ]);
    expect([byteSize(7), byteSize(9_912_422), byteSize(2e9)]).toEqual(['7 B', '9.9 MB', '2.00 GB']);
  });
});

describe('suggest', () => {
  const names = ['mnist', 'fashion-mnist', 'digits'];
  it.each([
    ['minst', 'mnist'],
    ['MNIST', 'mnist'],
    ['fashion', 'fashion-mnist'],
    ['fashion_mnist', 'fashion-mnist'],
    ['digit', 'digits'],
    ['dgitis', 'digits'],
    ['zebra', undefined],
    ['', undefined],
  ])('%s means %s', (typed, meant) => {
    expect(suggest(typed, names)).toBe(meant);
  });
});

describe('the confusion matrix', () => {
  const classes = ['0', '1', '2'];
  // Rows: 0 → 0, 0, 1; 1 → 1; 2 → 1 (a tie, where the first counts).
  const probabilities = [0.9, 0.1, 0, 0.8, 0.1, 0.1, 0.3, 0.6, 0.1, 0, 1, 0, 0.2, 0.4, 0.4];
  const matrix = confusionMatrix(probabilities, [0, 0, 0, 1, 2], 3);

  it('counts what was taken for what', () => {
    expect(matrix).toEqual([
      [2, 1, 0],
      [0, 1, 0],
      [0, 1, 0],
    ]);
    expect(topMistakes(matrix, classes, 5)).toEqual(['0 taken for 1: once', '2 taken for 1: once']);
  });

  it('is aligned and readable without colours', () => {
    expect(formatConfusionMatrix(matrix, classes, PLAIN)).toEqual([
      '    0  1  2  recognised',
      '0   2  1  ·      66.7 %',
      '1   ·  1  ·     100.0 %',
      '2   ·  1  ·       0.0 %',
    ]);
  });

  it('says the same with colours, blue where right and orange where wrong', () => {
    const lines = formatConfusionMatrix(matrix, classes, COLOUR);
    const [blue, orange] = [/\[48;5;(25|68|111|153);/, /\[48;5;(166|208|216|223);/];
    expect(lines[1]).toMatch(blue);
    expect(lines[3]).not.toMatch(blue);
    expect(lines[3]).toMatch(orange);
    const plain = lines.map((line) => line.replaceAll(new RegExp(`${ESCAPE}\\[[\\d;]*m`, 'g'), ''));
    expect(plain).toEqual(formatConfusionMatrix(matrix, classes, PLAIN));
  });

  it('numbers the columns of classes with long names, and bears an empty class', () => {
    const names = ['T-shirt/top', 'Trouser'];
    const lines = formatConfusionMatrix(
      [
        [1200, 0],
        [0, 0],
      ],
      names,
      PLAIN,
    );
    expect(lines).toEqual([
      '                    0      1  recognised',
      '0 T-shirt/top   1,200      ·     100.0 %',
      '    1 Trouser       ·      ·           –',
    ]);
  });
});

describe('colours', () => {
  it('are for terminals, unless NO_COLOR, FORCE_COLOR or TERM say otherwise', () => {
    const enabled = (isTTY: boolean, env: Record<string, string>) => paintFor({ isTTY }, env).enabled;
    expect(enabled(true, {})).toBe(true);
    expect(enabled(false, {})).toBe(false);
    expect(enabled(true, { NO_COLOR: '1' })).toBe(false);
    expect(enabled(true, { NO_COLOR: '' })).toBe(true);
    expect(enabled(true, { TERM: 'dumb' })).toBe(false);
    expect(enabled(false, { FORCE_COLOR: '1' })).toBe(true);
    expect(enabled(true, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false);
  });
});

describe('progress', () => {
  /** A terminal that keeps what is written to it. */
  function fakeTerminal(isTTY: boolean, columns = 100): { terminal: Terminal; written: () => string } {
    let text = '';
    const write = (chunk: string) => {
      text += chunk;
      return true;
    };
    const stream = { isTTY, columns, write, on: () => {}, removeListener: () => {} };
    const say = (line = '') => void write(`${line}\n`);
    return {
      terminal: {
        say,
        warn: say,
        result: () => {},
        json: false,
        // What the display uses of a stream.
        stream: stream as unknown as NodeJS.WriteStream,
        paint: PLAIN,
      },
      written: () => text,
    };
  }

  const EPOCH = { loss: 0.5, accuracy: 0.75, valLoss: 0.4, valAccuracy: 0.8, seconds: 10, trainSeconds: 8 };

  it('off a terminal writes a line now and then, one an epoch, and no control characters', () => {
    const { terminal, written } = fakeTerminal(false);
    let now = 0;
    const display = trainingProgress(terminal, { epochs: 2, images: 1000, clock: () => now });
    display.beginEpoch(1);
    for (let done = 100; done <= 1000; done += 100) {
      now += 1000;
      display.step({ done, loss: 1 - done / 2000, accuracy: done / 2000 });
    }
    display.endEpoch(EPOCH);
    display.beginEpoch(2);
    now += 1000;
    display.step({ done: 100, loss: 0.4, accuracy: 0.8 });
    display.stop();
    expect(written().trimEnd().split('\n')).toEqual([
      // At 100 images/s the rest of this epoch takes 5 s and the next one as long as this one.
      'epoch 1/2  50 %  loss 0.7500  accuracy 25.00 %  100 images/s  15 s left',
      'epoch 1/2  100 %  loss 0.5000  accuracy 50.00 %  100 images/s  10 s left',
      'epoch 1/2  loss 0.5000, accuracy 75.00 %; validation loss 0.4000, accuracy 80.00 %  (10.0 s, 125 images/s)',
    ]);
  });

  it('on a terminal draws a bar that fits its width, and gives the cursor back', async () => {
    for (const columns of [100, 60]) {
      const { terminal, written } = fakeTerminal(true, columns);
      let now = 0;
      const display = trainingProgress(terminal, { epochs: 1, images: 1000, clock: () => now });
      display.beginEpoch(1);
      now = 2500;
      display.step({ done: 250, loss: 0.5, accuracy: 0.75 });
      // A bar is drawn a dozen times a second at most.
      await new Promise((resolve) => setTimeout(resolve, 120));
      display.stop();
      display.stop();
      const drawn = written()
        .split(new RegExp(`${ESCAPE}\\[[\\d;?]*[A-Za-z]|\\r|\\n`))
        .filter((text) => text.includes('epoch 1/1'));
      expect(drawn.length).toBeGreaterThan(0);
      for (const line of drawn) {
        expect(line.length).toBeLessThan(columns);
        expect(line).toContain('25 %  loss 0.5000  accuracy 75.00 %');
        expect(line.includes('█')).toBe(columns === 100);
      }
      expect(written()).toContain(`${ESCAPE}[?25l`);
      expect(written().lastIndexOf(`${ESCAPE}[?25h`)).toBeGreaterThan(
        written().lastIndexOf(`${ESCAPE}[?25l`),
      );
    }
  });
});
