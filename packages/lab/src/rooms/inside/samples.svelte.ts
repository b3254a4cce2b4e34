import type { InsideInput, SampleSource } from '../../engine/insideTypes.ts';
import type { Picture } from '../../engine/protocol.ts';
import { engine } from '../../lib/engine.ts';
import type { Settings } from '../../lib/settings.svelte.ts';
import type { Drawing } from './drawing.ts';
import { openPicture, paint } from './picture.ts';
import { parseValues, printValues } from './values.ts';

/** A table of samples that was opened, and which of its rows is looked at. */
interface Table {
  readonly name: string;
  readonly text: string;
  readonly row: number;
  readonly rows: number;
}

/** The digit that is there at first. */
const FIRST = '3.5';
/** As for training: reading more takes seconds. */
const MOST_TABLE_BYTES = 64 << 20;
const NAMES = ['ink', 'pen', 'example', 'x'] as const;

/**
 * The setting of an input: those of the first are called as if it were the only one.
 *
 * @example
 * settingOf('example', 1); // 'example.1'
 */
export function settingOf(name: string, input: number): string {
  return input === 0 ? name : `${name}.${input}`;
}

/** What goes into each input of a network: as the settings say, or from a file, which no link can hold. */
export class Samples {
  readonly #network: () => string;
  readonly #params: () => Settings;
  readonly #change: (values: Readonly<Record<string, string | null>>) => void;
  #pictures: Readonly<Record<number, Picture>> = $state.raw({});
  #tables: Readonly<Record<number, Table>> = $state.raw({});

  constructor(
    network: () => string,
    params: () => Settings,
    change: (values: Readonly<Record<string, string | null>>) => void,
  ) {
    this.#network = network;
    this.#params = params;
    this.#change = change;
  }

  /** All that decides on the samples. */
  get version(): unknown {
    const settings = [...this.#params().query].filter(([name]) => NAMES.some((one) => isOf(name, one)));
    return [JSON.stringify(settings), this.#pictures];
  }

  /** Where the sample of an input comes from; undefined where the settings name none. */
  async source({ kind }: InsideInput, input: number): Promise<SampleSource | undefined> {
    const { ink, pen, example, values } = this.#at(input);
    if (values) return { values };
    const picture = this.#pictures[input];
    if (picture) return { image: picture };
    if (kind !== 'digit') return { example: Math.max(0, Math.floor(Number(example) || 0)) };
    const image = await paint({ ink, pen, example: drawn(ink, example) });
    return image && { image };
  }

  /** The example that is looked at; empty for what is one's own. */
  example({ kind }: Pick<InsideInput, 'kind'>, input: number): string {
    const { ink, example, values } = this.#at(input);
    if (values || this.#pictures[input] || ink !== '') return '';
    return kind === 'digit' ? drawn(ink, example) : example || '0';
  }

  table(input: number): Table | undefined {
    return this.#tables[input];
  }

  /** Takes another example. */
  pick(example: string, input: number): void {
    this.#set(input, { example });
  }

  /** Takes a drawing of the room Draw. */
  draw(drawing: Drawing, input: number): void {
    this.#set(input, { ...drawing });
  }

  /** Takes numbers as they are written: of standardized columns, before that. */
  write(values: readonly number[], input: number): void {
    this.#set(input, { x: printValues(values) });
  }

  /**
   * Takes a picture, or a table with its first row.
   *
   * @throws Error with a sentence for the reader when the file is neither
   */
  async open(file: File, { kind }: InsideInput, input: number): Promise<void> {
    if (kind === 'digit' || kind === 'picture') {
      const picture = await openPicture(file);
      this.#set(input, {});
      this.#pictures = { ...this.#pictures, [input]: picture };
    } else if (file.size > MOST_TABLE_BYTES) {
      throw new Error(
        `${file.name}: expected at most ${MOST_TABLE_BYTES >> 20} MB of CSV; received ${Math.round(file.size / 2 ** 20)} MB. Use a part of its rows.`,
      );
    } else await this.takeRow({ name: file.name, text: await file.text() }, 0, input);
  }

  /** @throws Error with a sentence for the reader when the table has no such sample */
  async takeRow({ name, text }: Pick<Table, 'name' | 'text'>, row: number, input: number): Promise<void> {
    const request = { network: this.#network(), input, text, name, row };
    const { values, rows } = await engine.call('inside/row', request);
    this.#tables = { ...this.#tables, [input]: { name, text, row, rows } };
    this.write(values, input);
  }

  /** The settings without any sample, for another network. */
  cleared(): Record<string, null> {
    this.#pictures = {};
    this.#tables = {};
    const names = [...this.#params().query.keys()].filter((name) => NAMES.some((one) => isOf(name, one)));
    return { label: null, ...Object.fromEntries(names.map((name) => [name, null])) };
  }

  #at(input: number) {
    const params = this.#params();
    return {
      ink: params.text(settingOf('ink', input), ''),
      pen: params.number(settingOf('pen', input), 20, { min: 1, max: 100, integer: true }),
      example: params.text(settingOf('example', input), ''),
      values: parseValues(params.text(settingOf('x', input), '')),
    };
  }

  #set(input: number, settings: Partial<Record<(typeof NAMES)[number], string | null>>): void {
    const { [input]: _, ...pictures } = this.#pictures;
    this.#pictures = pictures;
    this.#change(Object.fromEntries(NAMES.map((name) => [settingOf(name, input), settings[name] ?? null])));
  }
}

const isOf = (name: string, one: string) => name === one || name.startsWith(`${one}.`);

const drawn = (ink: string, example: string) => (example === '' && ink === '' ? FIRST : example);
