import { appendFile, mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DataError } from '../../data/errors.ts';
import type { Callback, Logs } from '../../train/index.ts';
import { FileWriteError } from '../atomic.ts';
import { isMissing } from '../data/idxFile.ts';

export interface CsvLoggerOptions {
  /** Between the fields of a row. Default ','. */
  readonly separator?: string | undefined;
  /** Adds rows to a file that is there; otherwise a run replaces it. Default false. */
  readonly append?: boolean | undefined;
}

/**
 * Writes the figures of each epoch to a file as a row of comma-separated values (RFC 4180): a header, then the epoch
 * (from 0) and its figures with all their digits. Each row is on the disk's side when its epoch is over.
 *
 * A run that goes on from a checkpoint continues the file: rows of epochs that are done again are taken out first.
 *
 * @throws DataError when the file to be continued has other columns, FileWriteError when it cannot be written
 * @example
 * await model.fit(x, y, { epochs: 3, callbacks: [csvLogger('runs/digits.csv')] });
 */
export function csvLogger(path: string, options: CsvLoggerOptions = {}): Callback {
  const { separator = ',', append = false } = options;
  if (separator === '' || /["\r\n]/.test(separator)) {
    throw new RangeError(
      `csvLogger: expected a separator without quotes and line ends; received ${JSON.stringify(separator)}.`,
    );
  }
  const row = (fields: readonly string[]) =>
    fields.map((field) => quote(field, separator)).join(separator) + EOL;
  let columns: readonly string[] | undefined;
  return {
    name: 'csvLogger',
    onTrainBegin() {
      columns = undefined;
    },
    async onEpochEnd(epoch, logs) {
      try {
        if (!columns) {
          columns = Object.keys(logs);
          const header = row(['epoch', ...columns]);
          const found = append ? await firstLine(path) : undefined;
          if (found === undefined) {
            await mkdir(dirname(path), { recursive: true });
            await writeFile(path, header);
          } else checkHeader(found, header, path);
        }
        await appendFile(path, row([String(epoch), ...columns.map((name) => text(logs, name))]));
      } catch (error) {
        throw error instanceof DataError ? error : new FileWriteError(path, error);
      }
    },
    // Nothing has been written before the first epoch: then there is nothing to go on with.
    state: async () => ({ values: columns ? { columns, bytes: await sizeOf(path) } : {} }),
    async restore({ values = {} }) {
      columns = values.columns as readonly string[] | undefined;
      if (!columns) return;
      const bytes = Number(values.bytes);
      const there = await sizeOf(path);
      if (there < bytes) columns = undefined;
      else await truncate(path, bytes);
    },
  };
}

/** As RFC 4180 has it. */
const EOL = '\r\n';
const MISSING = 'NA';

function text(logs: Logs, name: string): string {
  const value = logs[name];
  return value === undefined ? MISSING : String(value);
}

function quote(field: string, separator: string): string {
  if (!field.includes(separator) && !/["\r\n]/.test(field)) return field;
  return `"${field.replaceAll('"', '""')}"`;
}

/** Undefined where there is no file, or an empty one. */
async function firstLine(path: string): Promise<string | undefined> {
  try {
    const content = await readFile(path, 'utf8');
    return content === '' ? undefined : content.slice(0, content.indexOf('\n') + 1) || content;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function checkHeader(found: string, header: string, path: string): void {
  if (found.trimEnd() === header.trimEnd()) return;
  throw new DataError({
    what: 'the file has other columns',
    where: `csvLogger: ${path}`,
    expected: header.trimEnd(),
    received: found.trimEnd(),
    fix: 'Choose another file, or leave append out to replace it.',
  });
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
