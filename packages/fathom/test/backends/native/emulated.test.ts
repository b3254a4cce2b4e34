import { describe, expect, it } from 'vitest';
import { findMachine } from '../../../src/backends/native/machine.ts';
import { POOL_SOURCE } from '../../../src/backends/native/pool.ts';
import { TRACE_SOURCE } from '../../../src/backends/native/trace.ts';
import { EMULATED } from '../../support/backends.ts';
import { compileOnly } from '../../support/emulated.ts';

describe.skipIf(!EMULATED)('C for an emulated machine', () => {
  it('is for that machine, also that of the pool and of traces', async () => {
    const machine = await findMachine({ ...process.env, CC: EMULATED!.compiler });
    expect(machine.target.name).toBe('native-neon');
    for (const source of [POOL_SOURCE, TRACE_SOURCE]) compileOnly(source, machine);
  });
});
