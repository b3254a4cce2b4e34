import { unzip, type ZippedFile } from './zip.ts';

/** A run as users bring it along. */
export interface RunContent {
  /** model.json, and run.json where there is one. */
  readonly config: string;
  readonly record: string | undefined;
  readonly weights: Uint8Array<ArrayBuffer>;
  /** Of a training that can be gone on with. */
  readonly checkpoint: Uint8Array<ArrayBuffer> | undefined;
}

/** Whether files may be those of a run. */
export function isRun(names: readonly string[]): boolean {
  return names.some((name) => /\.(json|safetensors|zip)$/i.test(name));
}

/**
 * The run in some files: model.json and weights.safetensors, with or without run.json and checkpoint.safetensors; or
 * the zip file that the lab saves.
 *
 * @throws Error that says which file is missing or damaged
 */
export async function openRun(files: readonly File[]): Promise<RunContent> {
  const zipped = files.find(({ name }) => /\.zip$/i.test(name));
  const found = zipped ? await unpack(zipped) : await Promise.all(files.map(read));
  const named = (ending: string) => found.find(({ name }) => name.toLowerCase().endsWith(ending));
  const record = named('run.json');
  const checkpoint = named('checkpoint.safetensors');
  const config = named('model.json') ?? found.find((file) => file.name.endsWith('.json') && file !== record);
  const weights =
    named('weights.safetensors') ??
    found.find((file) => file.name.endsWith('.safetensors') && file !== checkpoint);
  if (!config || !weights) {
    const missing = config ? 'weights.safetensors' : 'model.json';
    throw new Error(
      `a saved network is two files, model.json and weights.safetensors; ${missing} was not among those chosen. Choose both at once, or the zip file that the lab saves.`,
    );
  }
  const text = ({ bytes }: ZippedFile) => new TextDecoder().decode(bytes);
  return {
    config: text(config),
    record: record && text(record),
    weights: weights.bytes,
    checkpoint: checkpoint?.bytes,
  };
}

const MOST_TEXT_BYTES = 4 << 20;
const MOST_BYTES = 1 << 30;

async function unpack(file: File): Promise<ZippedFile[]> {
  return unzip((await read(file)).bytes, file.name, MOST_BYTES);
}

async function read(file: File): Promise<ZippedFile> {
  const { name, size } = file;
  if (size > (/\.json$/i.test(name) ? MOST_TEXT_BYTES : MOST_BYTES)) {
    throw new Error(`${name} is too large to be a part of a run: ${size.toLocaleString('en')} bytes.`);
  }
  return { name, bytes: new Uint8Array(await file.arrayBuffer()) };
}
