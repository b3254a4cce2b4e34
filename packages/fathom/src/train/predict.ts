import { sizeOf } from '../ir/shape.ts';
import type { Network } from '../nn/network.ts';
import type { Rows } from './arrays.ts';
import { predictGraph } from './graphs.ts';
import type { Prediction } from './options.ts';
import type { Programs } from './programs.ts';
import { Turn } from './turn.ts';

/** The results for some samples, one for each output of the network. */
export async function predictRows(
  network: Network,
  inputs: readonly Rows[],
  batchSize: number,
  programs: Programs,
): Promise<readonly Prediction[]> {
  const { count } = inputs[0]!;
  const results = network.outputs.map(({ shape }): Prediction => {
    const all = [count, ...shape];
    return { data: new Float32Array(sizeOf(all)), shape: all };
  });
  const turn = new Turn();
  for (let start = 0; start < count; start += batchSize) {
    const batch = Math.min(batchSize, count - start);
    await programs.use(
      `predict ${batch}`,
      () => predictGraph(network, batch),
      async ({ executable }) => {
        inputs.forEach(({ data, size }, i) => {
          executable.write(i, data.subarray(start * size, (start + batch) * size));
        });
        const running = executable.run();
        if (running) await running;
        for (let i = 0; i < results.length; i++) {
          const { data } = results[i]!;
          const read = executable.read(i);
          data.set(read instanceof Promise ? await read : read, (start * data.length) / count);
        }
      },
    );
    const pause = turn.give();
    if (pause) await pause;
  }
  return results;
}
