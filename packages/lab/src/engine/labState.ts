import type { Checkpoint } from 'fathom';
import type { EpochLog } from './epochLog.ts';

/** What the lab knows of a training beside what its steps depend on. */
export interface LabState {
  /** Milliseconds in steps of the epoch at work. */
  readonly ms: number;
  /** Training loss and accuracy before the moment; NaN before the first step. */
  readonly means: { readonly loss: number; readonly accuracy: number };
}

/** A checkpoint that holds that too, as one holds the state of a callback: whoever does not know it passes it over. */
export function withLabState(state: Checkpoint, log: EpochLog, means: LabState['means']): Checkpoint {
  const values = { ms: log.ms, means };
  return { ...state, ...log.history, callbacks: [{ name: NAME, state: { values } }] };
}

/** That of a checkpoint, as far as it has it. */
export function labStateOf({ callbacks }: Checkpoint): LabState {
  const values = callbacks.find(({ name }) => name === NAME)?.state.values as Partial<LabState> | undefined;
  const number = (value: unknown, other: number) => (typeof value === 'number' ? value : other);
  const { loss, accuracy } = (values?.means ?? {}) as Partial<LabState['means']>;
  return {
    ms: number(values?.ms, 0),
    means: { loss: number(loss, Number.NaN), accuracy: number(accuracy, Number.NaN) },
  };
}

const NAME = 'lab';
