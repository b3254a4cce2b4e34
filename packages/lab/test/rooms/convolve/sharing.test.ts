import { type Layer, layers, sequential } from 'fathom';
import { describe, expect, it } from 'vitest';
import { countParameters, PLANS, type Plan, placesOf } from '../../../src/rooms/convolve/sharing.ts';

const planOf = (id: string): Plan => PLANS.find((preset) => preset.id === id)!.plan;
const totals = (plan: Plan) => countParameters(plan).map(({ total }) => total);

describe('the curriculum’s counts', () => {
  it('dense 1,000,403, localized detectors 65,303 and 16,553', () => {
    expect(placesOf(planOf('lecture'))).toEqual([25, 25]);
    expect(totals(planOf('lecture')).slice(0, 2)).toEqual([1_000_403, 65_303]);
    expect(totals(planOf('one'))[1]).toBe(16_553);
  });

  it('224×224×3 with 32 kernels 3×3×3 gives 222×222×32', () => {
    expect(placesOf(planOf('vgg'))).toEqual([222, 222]);
    expect(countParameters(planOf('vgg'))[2]!.detectors).toBe((27 + 1) * 32);
  });
});

it('counts as the library’s layers do', () => {
  const plan: Plan = {
    ...planOf('digits'),
    channels: 2,
    kernel: 3,
    stride: 2,
    maps: 3,
    units: 7,
    outputs: 4,
  };
  const inputShape = [plan.height, plan.width, plan.channels];
  const window = { filters: plan.maps, kernelSize: plan.kernel, strides: plan.stride, inputShape };
  const [dense, local, shared] = countParameters(plan);
  const count = (...stack: Layer[]) => sequential(stack).countParams();
  expect(dense!.total).toBe(
    count(layers.flatten({ inputShape }), layers.dense({ units: 7 }), layers.dense({ units: 4 })),
  );
  expect(local!.detectors).toBe(count(layers.locallyConnected2d(window)));
  expect(shared!.detectors).toBe(count(layers.conv2d(window)));
});
