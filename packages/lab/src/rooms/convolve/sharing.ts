import { functional } from 'fathom';
import { formatCount } from '../../views/matrix.ts';

/** A picture, and what looks at it. */
export interface Plan {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Rows and columns of the kernels. */
  readonly kernel: number;
  readonly stride: number;
  readonly padding: 'valid' | 'same';
  /** Feature maps, each with a detector of its own. */
  readonly maps: number;
  /** Hidden units of the dense network; to so many numbers the maps are pooled too. */
  readonly units: number;
  readonly outputs: number;
}

/** The parameters of one way to look at a picture. */
export interface Count {
  readonly id: 'dense' | 'local' | 'shared';
  readonly name: string;
  /** What it keeps apart and what it shares. */
  readonly note: string;
  readonly formula: string;
  /** Of the layer that looks at the picture. */
  readonly detectors: number;
  /** With the output layer. */
  readonly total: number;
}

export interface PlanPreset {
  readonly id: string;
  readonly name: string;
  readonly plan: Plan;
}

const LECTURE: Plan = {
  height: 100,
  width: 100,
  channels: 1,
  kernel: 5,
  stride: 4,
  padding: 'same',
  maps: 4,
  units: 100,
  outputs: 3,
};

export const PLANS: readonly PlanPreset[] = [
  { id: 'lecture', name: '100 × 100, 5 × 5 at 25 × 25 places, 4 maps', plan: LECTURE },
  { id: 'one', name: '100 × 100, one map', plan: { ...LECTURE, maps: 1 } },
  {
    id: 'vgg',
    name: '224 × 224 × 3, 32 kernels 3 × 3 × 3',
    plan: {
      ...LECTURE,
      height: 224,
      width: 224,
      channels: 3,
      kernel: 3,
      stride: 1,
      padding: 'valid',
      maps: 32,
    },
  },
  {
    id: 'digits',
    name: '28 × 28 digits, 8 maps',
    plan: { ...LECTURE, height: 28, width: 28, kernel: 3, stride: 1, padding: 'valid', maps: 8, outputs: 10 },
  },
];

/** Rows and columns of each feature map; 0 or less where the kernel does not fit. */
export function placesOf({ height, width, kernel, stride, padding }: Plan): readonly [number, number] {
  const along = (extent: number) => functional.windowsAlong(extent, kernel, stride, padding).count;
  return [along(height), along(width)];
}

/** Parameters of the three ways, as the curriculum counts them. */
export function countParameters(plan: Plan): readonly Count[] {
  const { height, width, channels, kernel, maps, units, outputs } = plan;
  const [rows, columns] = placesOf(plan);
  const pixels = height * width * channels;
  const window = kernel * kernel * channels;
  const [n, last] = [formatCount, (units + 1) * outputs];
  const head = `(${n(units)} + 1)·${outputs}`;
  const perWindow = channels === 1 ? `${kernel}·${kernel} + 1` : `${kernel}·${kernel}·${channels} + 1`;
  const dense = (pixels + 1) * units;
  const local = rows * columns * (window + 1) * maps;
  const shared = (window + 1) * maps;
  return [
    {
      id: 'dense',
      name: 'Dense',
      note: 'Every unit sees every pixel with a weight of its own. Where pixels lie is lost.',
      formula: `(${n(pixels)} + 1)·${n(units)} + ${head}`,
      detectors: dense,
      total: dense + last,
    },
    {
      id: 'local',
      name: 'Locally connected',
      note: 'Every place has a small detector of its own. What is learned at one place is not known at the next.',
      formula: `${rows}·${columns}·(${perWindow})·${maps} + ${head}`,
      detectors: local,
      total: local + last,
    },
    {
      id: 'shared',
      name: 'Convolution: shared weights',
      note: 'One detector for each map slides over all places: what is learned once is known everywhere.',
      formula: `(${perWindow})·${maps} + ${head}`,
      detectors: shared,
      total: shared + last,
    },
  ];
}
