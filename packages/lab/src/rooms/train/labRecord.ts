import type { CurvePoint } from './figures.ts';

/** What the lab writes of its own into the record of a run. */
export interface LabRecord {
  /** The settings of the room, as they stand in its URL. */
  readonly address: string;
  readonly curve: readonly CurvePoint[];
}

/** That part of a run.json, if it has one that can be read. */
export function labRecordOf(record: string | undefined): LabRecord | undefined {
  if (record === undefined) return undefined;
  try {
    const { lab } = JSON.parse(record) as { lab?: Partial<LabRecord> };
    if (typeof lab?.address !== 'string' || !Array.isArray(lab.curve)) return undefined;
    return { address: lab.address, curve: lab.curve.filter(isPoint) };
  } catch {
    return undefined;
  }
}

function isPoint(value: unknown): value is CurvePoint {
  const { steps, training, validation } = (value ?? {}) as Partial<CurvePoint>;
  const scores = [training, validation].map((score) => typeof score?.loss === 'number');
  return typeof steps === 'number' && scores.every((isNumber) => isNumber);
}
