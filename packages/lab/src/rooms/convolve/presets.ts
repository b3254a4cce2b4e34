import { filled, type Matrix, parseMatrix } from '../../views/matrix.ts';
import type { Settings } from './settings.ts';

/** An example to begin with. */
export interface Preset {
  readonly id: string;
  readonly name: string;
  /** What to look at, in a sentence or two. */
  readonly note: string;
  readonly settings: Settings;
}

/** A kernel that pictures are often filtered with. */
export interface KernelPreset {
  readonly id: string;
  readonly name: string;
  readonly kernel: Matrix;
}

const LECTURE = '10 2 4 1 1 / 0 4 0 2 2 / 1 8 16 0 0 / 8 1 1 0 0 / 0 0 2 6 1';
const PLUS = '0 0 9 0 0 / 0 0 9 0 0 / 9 9 9 9 9 / 0 0 9 0 0 / 0 0 9 0 0';

export const PRESETS: readonly Preset[] = [
  preset(
    'lecture',
    '5 × 5 with 3 × 3',
    'Nine windows, nine sums. The fourth is 0·2 + 4·2 + … = 45.',
    settings(LECTURE, '2 2 2 / 1 0 1 / 2 2 2'),
  ),
  preset(
    'match',
    'A pattern that fits',
    'The sum is large where the picture has the signs of the kernel: 2.3 here.',
    settings('0.6 0.2 0.6 / 0.1 -0.2 -0.3 / -0.5 -0.1 -0.3', '1 1 1 / 0 0 0 / -1 -1 -1'),
  ),
  preset(
    'mismatch',
    'Its negative',
    'Every sign is turned, and so is the sum: −2.3. ReLU makes 0 of it.',
    settings('-0.6 -0.2 -0.6 / -0.1 0.2 0.3 / 0.5 0.1 0.3', '1 1 1 / 0 0 0 / -1 -1 -1'),
  ),
  preset(
    'vertical',
    'A vertical edge',
    'Left column minus right column: (2 + 2 + 5) − (3 + 3 + 2) = 1.',
    settings('2 5 3 / 2 4 3 / 5 4 2', '1 0 -1 / 1 0 -1 / 1 0 -1', { stride: 2 }),
  ),
  preset(
    'small',
    '5 × 5 with 2 × 2',
    'A smaller kernel leaves a larger map: 5 − 2 + 1 = 4 rows and columns.',
    settings(LECTURE, '1 0 / 0 1'),
  ),
  preset(
    'corner',
    'Padding: who sees the corner',
    'Without padding the corner is seen by 1 window and the centre by 9; with one row of zeros around, the corner by 4 and the centre still by 9.',
    settings(PLUS, '1 1 1 / 1 1 1 / 1 1 1', { padding: 1 }),
  ),
  preset(
    'sharpen',
    'Sharpen',
    'Five times the pixel minus its four neighbours: flat parts stay, steps grow.',
    settings('2 2 2 8 8 8 / 2 2 2 8 8 8 / 2 2 2 8 8 8 / 2 2 2 8 8 8', '0 -1 0 / -1 5 -1 / 0 -1 0', {
      padding: 1,
    }),
  ),
  preset(
    'several',
    'Several kernels',
    'Three kernels, three feature maps: horizontal edges, vertical edges, and the sum of the window.',
    {
      ...settings(PLUS, '-1 -1 -1 / 0 0 0 / 1 1 1'),
      kernels: [
        parseMatrix('-1 -1 -1 / 0 0 0 / 1 1 1'),
        parseMatrix('-1 0 1 / -1 0 1 / -1 0 1'),
        filled(3, 3, 1),
      ],
      biases: [0, 0, 0],
    },
  ),
  preset(
    'dilated',
    'Dilation',
    'The nine weights stand two apart, so the window reaches over 5 × 5 places: d·(f − 1) + 1.',
    settings(
      '1 2 3 4 5 6 7 / 2 3 4 5 6 7 8 / 3 4 5 6 7 8 9 / 4 5 6 7 8 9 8 / 5 6 7 8 9 8 7 / 6 7 8 9 8 7 6 / 7 8 9 8 7 6 5',
      '1 1 1 / 1 -8 1 / 1 1 1',
      { dilation: 2 },
    ),
  ),
  preset(
    'transposed',
    'Transposed',
    'Every input number stamps the whole kernel onto the output, two places apart; where stamps overlap they add up.',
    settings('1 2 / 3 4', '1 2 1 / 2 4 2 / 1 2 1', { operation: 'transposed', stride: 2 }),
  ),
  preset(
    'max',
    'Max pooling',
    'The largest number of each 2 × 2 window: 4 5 / 6 8. Only the winners get a gradient.',
    settings('1 3 1 5 / 4 0 3 3 / 6 1 5 1 / 1 4 0 8', '0 0 / 0 0', { operation: 'max', stride: 2 }),
  ),
  preset(
    'max2',
    'Max pooling, second picture',
    'The largest number of each window: 6 3 / 8 8.',
    settings('4 6 1 1 / 1 3 1 3 / 4 0 0 8 / 8 5 4 0', '0 0 / 0 0', { operation: 'max', stride: 2 }),
  ),
  preset(
    'average',
    'Average pooling',
    'The mean of each 2 × 2 window: 2 3 / 3 3.5.',
    settings('1 3 1 5 / 4 0 3 3 / 6 1 5 1 / 1 4 0 8', '0 0 / 0 0', { operation: 'average', stride: 2 }),
  ),
];

export const KERNELS: readonly KernelPreset[] = [
  kernel('sharpen', 'Sharpen', '0 -1 0 / -1 5 -1 / 0 -1 0'),
  kernel('edge', 'Edges', '0 1 0 / 1 -4 1 / 0 1 0'),
  kernel('strong', 'Strong horizontal edges', '-1 -2 -1 / 0 0 0 / 1 2 1'),
  kernel('vertical', 'Vertical edges', '1 0 -1 / 1 0 -1 / 1 0 -1'),
  kernel('identity', 'Identity', '0 0 0 / 0 1 0 / 0 0 0'),
  kernel('sum', 'Sum of the window', '1 1 1 / 1 1 1 / 1 1 1'),
  kernel('diagonal', 'Diagonal 2 × 2', '2 0 / 0 2'),
];

/** The first preset, unless a link names another. */
export function presetOf(id: string | null): Preset {
  return PRESETS.find((preset) => preset.id === id) ?? PRESETS[0]!;
}

function preset(id: string, name: string, note: string, settings: Settings): Preset {
  return { id, name, note, settings };
}

function kernel(id: string, name: string, text: string): KernelPreset {
  return { id, name, kernel: parseMatrix(text) };
}

function settings(input: string, kernel: string, rest: Partial<Settings> = {}): Settings {
  return {
    operation: 'convolution',
    input: parseMatrix(input),
    kernels: [parseMatrix(kernel)],
    biases: [0],
    stride: 1,
    padding: 0,
    dilation: 1,
    ...rest,
  };
}
