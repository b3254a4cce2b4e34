import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isStoredColumns, type StoredColumns } from 'fathom';
import type { DatasetName } from 'fathom/node';
import { CliError, codeOf } from '../errors.ts';
import type { ConfusionMatrix } from '../output/confusion.ts';

/** The figures of one epoch. */
export type EpochRecord = {
  readonly loss: number;
  readonly accuracy: number;
  readonly valLoss: number;
  readonly valAccuracy: number;
  readonly seconds: number;
};

/** What `run.json` says about a run. */
export type RunRecord = {
  /** Of this file's layout. */
  readonly format: 1;
  /** Of the library that wrote it. */
  readonly fathom: string;
  /** ISO 8601. */
  readonly finished: string;
  readonly data: {
    readonly name: DatasetName;
    readonly source: string;
    readonly classes: readonly string[];
    readonly training: number;
    readonly validation: number;
    readonly test: number;
    /** Of tables, what their columns were standardized by before training: a list, or one for each input by its name. */
    readonly columns?: StoredColumns;
  };
  readonly model: string;
  readonly parameters: number;
  readonly options: {
    readonly epochs: number;
    readonly batch: number;
    readonly lr: number;
    readonly optimizer: string;
    readonly seed: number;
    readonly backend: string;
    readonly threads: number;
    readonly limit: number | null;
  };
  /** Where Ctrl-C ended it; null when it came to its end. */
  readonly interrupted: { readonly epoch: number; readonly steps: number } | null;
  readonly epochs: readonly EpochRecord[];
  /** Null when the run was interrupted. */
  readonly test: { readonly loss: number; readonly accuracy: number } | null;
  readonly confusion: ConfusionMatrix | null;
  readonly msPerStep: number;
  readonly compileMs: number;
  readonly weightsSha256: string;
};

/**
 * Reads the record of a run.
 *
 * @throws CliError when there is no run, or its record is damaged
 */
export async function readRecord(folder: string): Promise<RunRecord> {
  const path = join(folder, 'run.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw new CliError(`cannot read ${path}: ${reason(error)}.`);
    throw new CliError(
      `there is no run at ${folder}: expected a folder that \`fathom train\` has saved, with ` +
        'model.json, weights.safetensors and run.json. Check the path, or train first: fathom train digits',
    );
  }
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    throw damaged(path, `no JSON (${reason(error)})`);
  }
  const problem = problemOf(record);
  if (problem !== undefined) throw damaged(path, problem);
  return record as RunRecord;
}

/** What keeps a value from being a record that the commands can use, undefined when nothing does. */
function problemOf(value: unknown): string | undefined {
  if (!isObject(value)) return 'no JSON object';
  if (value.format !== 1) return `format ${JSON.stringify(value.format)}, where this version reads 1`;
  if (typeof value.model !== 'string') return 'no name of a model';
  if (typeof value.weightsSha256 !== 'string') return 'no weightsSha256';
  if (!isObject(value.data) || !Array.isArray(value.data.classes)) return 'no data.classes';
  if (!value.data.classes.every((name) => typeof name === 'string')) return 'classes that are no names';
  if (value.data.columns !== undefined && !isStoredColumns(value.data.columns)) {
    return 'data.columns without name, mean and std of each';
  }
  if (!isObject(value.options) || typeof value.options.seed !== 'number') return 'no options';
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function damaged(path: string, received: string): CliError {
  return new CliError(
    `the run is damaged (${path}): expected the record of a run, received ${received}. Train again, or restore the file.`,
  );
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
