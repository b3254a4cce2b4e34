import { appendFile, mkdir, stat, truncate } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FileWriteError } from '../../atomic.ts';
import { isMissing } from '../../data/idxFile.ts';
import { type NewMessage, type SummaryValue, summaryEvent, versionEvent } from './events.ts';
import { histogram } from './histogram.ts';
import { type ImageData, toPicture } from './picture.ts';
import { frameRecord } from './record.ts';

/** How far a writer has come, by which another process goes on where this one was. */
export interface WriterPlace {
  readonly file: string;
  readonly bytes: number;
}

let filesMade = 0;

/**
 * Writes event files that TensorBoard opens: scalars, histograms and images, each at a step.
 *
 * Values wait in memory until `flush`. The file is made with the first of them.
 *
 * @example
 * const writer = new SummaryWriter('runs/board');
 * writer.scalar('loss', 0.25, 1);
 * await writer.flush();
 */
export class SummaryWriter {
  readonly #directory: string;
  readonly #clock: () => number;
  #waiting: { readonly wallTime: number; readonly step: number; readonly value: Promise<SummaryValue> }[] =
    [];
  #file: string | undefined;

  /** @param clock seconds since 1970 */
  constructor(directory: string, { clock = () => Date.now() / 1000 }: { clock?: () => number } = {}) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** A number, shown as a curve over the steps. */
  scalar(tag: string, value: number, step: number): void {
    this.#add(step, Promise.resolve({ tag, scalar: value }));
  }

  /** How values are spread. Only finite ones count; without any, nothing is written. */
  histogram(tag: string, values: ArrayLike<number>, step: number): void {
    const counted = histogram(values);
    if (counted) this.#add(step, Promise.resolve({ tag, histogram: counted }));
  }

  /**
   * An image [H, W] or [H, W, C] with 1, 3 or 4 channels. Bytes are shown as they are; other numbers are stretched
   * from the least to the greatest.
   *
   * @throws RangeError on another shape
   */
  image(tag: string, image: ImageData, step: number): void {
    const picture = toPicture(image, `image '${tag}'`);
    const encoded = encodePng(picture).then((png): SummaryValue => ({ tag, image: { ...picture, png } }));
    // A failure is told by flush, which may come later.
    encoded.catch(() => {});
    this.#add(step, encoded);
  }

  /**
   * Writes what waits.
   *
   * @throws FileWriteError when the disk is full or the like
   */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    const newMessage = await loadMessages();
    const records: Uint8Array[] = [];
    if (this.#file === undefined) records.push(frameRecord(versionEvent(newMessage, this.#clock())));
    for (const { wallTime, step, value } of waiting) {
      records.push(frameRecord(summaryEvent(newMessage, wallTime, step, [await value])));
    }
    this.#file ??= this.#newName();
    const path = join(this.#directory, this.#file);
    try {
      await mkdir(this.#directory, { recursive: true });
      await appendFile(path, Buffer.concat(records));
    } catch (error) {
      throw new FileWriteError(path, error);
    }
  }

  /** Writes what waits, and tells how far the file goes; undefined where there is none yet. */
  async place(): Promise<WriterPlace | undefined> {
    await this.flush();
    if (this.#file === undefined) return undefined;
    return { file: this.#file, bytes: (await stat(join(this.#directory, this.#file))).size };
  }

  /** Goes on with a file from that place; what was written behind it is taken out. Without a place, begins a new file. */
  async goOn(place: WriterPlace | undefined): Promise<void> {
    this.#waiting = [];
    this.#file = undefined;
    if (!place) return;
    const path = join(this.#directory, place.file);
    const size = await stat(path).then(
      (found) => found.size,
      (error: unknown) => {
        if (isMissing(error)) return 0;
        throw error;
      },
    );
    if (size < place.bytes) return;
    await truncate(path, place.bytes);
    this.#file = place.file;
  }

  #add(step: number, value: Promise<SummaryValue>): void {
    this.#waiting.push({ wallTime: this.#clock(), step, value });
  }

  /** TensorBoard takes files with `tfevents` in their name; it reads those of a folder in the order of their names. */
  #newName(): string {
    const seconds = String(Math.floor(this.#clock())).padStart(10, '0');
    return `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${filesMade++}.v2`;
  }
}

async function loadMessages(): Promise<NewMessage> {
  try {
    const { BinaryWriter } = await import('@bufbuild/protobuf/wire');
    return () => new BinaryWriter();
  } catch (error) {
    throw missing('@bufbuild/protobuf', 'event files', error);
  }
}

async function encodePng(picture: ReturnType<typeof toPicture>): Promise<Uint8Array> {
  const { pixels, width, height, channels } = picture;
  try {
    const { default: sharp } = await import('sharp');
    return await sharp(pixels, { raw: { width, height, channels } }).png().toBuffer();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw missing('sharp', 'images', error);
  }
}

function missing(name: string, what: string, cause: unknown): Error {
  return new Error(
    `tensorBoard: expected the package ${name}, with which ${what} are written; it is not there. Add it: npm install ${name}`,
    { cause },
  );
}
