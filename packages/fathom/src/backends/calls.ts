import type { Program } from '../compiler/program.ts';

/** Every call of a kernel in one run on one thread, in order: its tasks [first, end), and the iteration of its loop. */
export function forEachCall(
  { launches, loops }: Program,
  visit: (launch: number, first: number, end: number, iteration: number) => void,
): void {
  for (let at = 0; at < launches.length; ) {
    const loop = loops.find(({ first }) => first === at);
    const end = loop?.end ?? stageEnd(at);
    for (let iteration = 0; iteration < (loop?.count ?? 1); iteration++) {
      for (let first = at; first < end; first = stageEnd(first)) {
        const members = launches.slice(first, stageEnd(first));
        const chunks = members[0]!.solo ? 1 : members[0]!.chunks;
        for (let chunk = 0; chunk < chunks; chunk++) {
          members.forEach(({ count }, i) => {
            const tasks = count / chunks;
            visit(first + i, chunk * tasks, (chunk + 1) * tasks, iteration);
          });
        }
      }
    }
    at = end;
  }

  function stageEnd(first: number): number {
    const { stage } = launches[first]!;
    const next = launches.findIndex((launch, i) => i > first && launch.stage !== stage);
    return next < 0 ? launches.length : next;
  }
}
