import { resolve } from 'node:path';
import { type Measurable, profile, profileText, traceEvents } from 'fathom';
import { writeFileAtomic } from 'fathom/node';
import type { Terminal } from './terminal.ts';

/** Kernels that are shown; the others take little time together. */
const SHOWN = 25;
const TRACE_FILE = 'profile.json';

/**
 * Says where the time of a training step goes, kernel by kernel, and writes when each thread was in which kernel to a
 * file. The model stays what it is.
 *
 * @param file where the trace goes; `true` for profile.json
 */
export async function showProfile(
  model: Measurable,
  { batchSize, file }: { readonly batchSize: number; readonly file: string | true },
  terminal: Terminal,
): Promise<void> {
  const measured = await profile(model, { batchSize });
  const path = file === true ? TRACE_FILE : file;
  await writeFileAtomic(resolve(path), `${JSON.stringify(traceEvents(measured))}\n`);
  // In a file, lines may be as long as they are.
  terminal.say(profileText(measured, { most: SHOWN, width: terminal.stream.columns }));
  terminal.say();
  terminal.say(`Trace of some steps: ${path}`);
  terminal.say('Open it in https://ui.perfetto.dev or chrome://tracing.');
  terminal.say();
}
