// How much of the machine others used meanwhile: a shared machine makes a fair comparison hard to see otherwise.

import { existsSync, readFileSync } from 'node:fs';

const STAT = '/proc/stat';
const TICK_MS = 10;

/** Starts to watch; the returned function tells how many cores others kept busy since (undefined without /proc). */
export function watch(peers) {
  const start = { at: performance.now(), all: machineBusy(), ours: ownTime(peers) };
  return () => {
    if (start.all === undefined) return undefined;
    const elapsed = performance.now() - start.at;
    const foreign = machineBusy() - start.all - (ownTime(peers) - start.ours);
    return Math.max(0, foreign / elapsed);
  };
}

/** Busy processor time of the whole machine in milliseconds, time stolen by the hypervisor included. */
function machineBusy() {
  if (!existsSync(STAT)) return undefined;
  const [user, nice, system, , , irq, softirq, steal] = readFileSync(STAT, 'utf8')
    .split('\n', 1)[0]
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * TICK_MS;
}

function ownTime(peers) {
  const { user, system } = process.cpuUsage();
  return peers.reduce((sum, p) => sum + (p.processorTime() ?? 0), (user + system) / 1000);
}
