// How the time of a training step grows when a network becomes twice as wide or deep, or gets twice as much to do.

import { alternate, disturbanceNote, marked, median } from './alternate.mjs';
import { clear, describe, entriesFor } from './cast.mjs';
import { factor, ms } from './format.mjs';
import { GROWTH, growthFlops, TARGETS, verdict } from './works.mjs';

const WHAT = {
  base: '4 convolutions 3×3 of 32 channels on 32×32, batch 32',
  width: 'twice as wide: 64 channels',
  depth: 'twice as deep: 8 convolutions',
  batch: 'twice the batch: 64',
  image: 'twice the image in each direction: 64×64',
};

export async function growthSection(cast, { rounds, budgetMs, say }) {
  const rows = [];
  const claims = [];
  const all = [];
  const notes = [];
  for (const key of ['fathom-native', 'fathom']) {
    const peer = cast.peers.find((p) => p.key === key && p.threads === 2);
    if (!peer) continue;
    say(`growth, ${peer.label}`);
    const entries = [];
    for (const [name, { batch }] of Object.entries(GROWTH)) {
      const [entry] = await entriesFor([peer], { kind: 'train', work: `growth-${name}`, batch });
      if (entry) entries.push({ ...entry, name });
    }
    const quietness = await alternate(entries, { rounds, budgetMs, patient: true, everyone: cast.peers });
    await clear([peer]);
    notes.push(...disturbanceNote(quietness));
    const base = entries.find(({ name, error }) => name === 'base' && !error);
    const own = [];
    for (const entry of entries.filter(({ error }) => !error)) {
      const work = growthFlops(entry.name) / growthFlops('base');
      // Round by round, as everywhere: what disturbs one disturbs the other.
      const time = base && median(entry.rounds.map((t, i) => t / (base.rounds[i] ?? base.median)));
      const value = time / work;
      const judged = base && entry !== base;
      const result = judged ? verdict(value, TARGETS.growth) : '';
      if (judged) {
        const claim = `${peer.label}, ${WHAT[entry.name].split(':')[0]}: time grows by this times the work`;
        own.push({ claim, value, ...TARGETS.growth, verdict: result });
      }
      rows.push([
        peer.label,
        WHAT[entry.name],
        ms(entry.median),
        judged ? factor(work) : '',
        judged ? factor(time) : '',
        judged ? factor(value) : '',
        result,
      ]);
    }
    notes.push(...entries.filter(({ error }) => error).map(({ name, error }) => `${name} cannot: ${error}`));
    claims.push(...marked(own, quietness));
    all.push(...entries.map((entry) => ({ work: entry.name, ...describe(entry) })));
  }
  return {
    title: 'How the time of a training step grows, 2 threads',
    columns: ['', 'network', 'ms a step', 'work', 'time', 'time / work', ''],
    align: 'llrrrrl',
    rows,
    notes,
    claims,
    data: { entries: all },
  };
}
