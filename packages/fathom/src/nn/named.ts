import { lookUp } from './lookup.ts';

/** Something that a model saves by its name and options: an initializer, a regularizer, a constraint, a schedule. */
export interface Named {
  readonly name: string;
  /** The options, as JSON; without those that were left out and have no value of their own. */
  config(): Record<string, unknown>;
}

/** Makers by name; a maker's options are what `config()` of its result gives. */
export type Factories<T extends Named> = Readonly<Record<string, (options?: never) => T>>;

/** A name with options, as models save it: `{ name: 'l2', l2: 0.01 }`. */
export interface NamedConfig {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** What options accept where one of several things is meant. */
export type NamedLike<T extends Named> = string | NamedConfig | T;

/**
 * The thing meant by a name, by a name with options, or given as such.
 *
 * @throws RangeError on an unknown name or option, TypeError on anything else
 */
export function resolveNamed<T extends Named>(factories: Factories<T>, like: NamedLike<T>, where: string): T {
  if (typeof like === 'string') return lookUp(factories, like, where)();
  if (typeof like !== 'object' || like === null || typeof like.name !== 'string') {
    throw new TypeError(
      `${where}: expected a name, one of ${Object.keys(factories).join(', ')}, or an object with a name; received ${describe(like)}.`,
    );
  }
  if (typeof like.config === 'function') return like as T;
  const { name, ...options } = like as NamedConfig;
  const made = lookUp(factories, name, where)(options as never);
  const known = Object.keys(made.config());
  // Makers ignore what they do not know, which would hide a misspelt option of a saved or hand-written config.
  const unknown = Object.keys(options).filter((key) => options[key] !== undefined && !known.includes(key));
  if (unknown.length === 0) return made;
  throw new RangeError(
    `${where}: expected of ${name} the options ${known.join(', ') || 'none'}; received ${unknown.join(', ')}.`,
  );
}

/**
 * The form in which a thing is saved: its name, with its options if it has any; null where there is none.
 *
 * @throws Error on one of the user's own, which no name makes again
 */
export function savedNamed(
  factories: Readonly<Record<string, unknown>>,
  thing: Named | undefined,
  where: string,
): string | NamedConfig | null {
  if (!thing) return null;
  if (!Object.hasOwn(factories, thing.name)) {
    throw new Error(
      `${where}: expected one of ${Object.keys(factories).join(', ')}; received '${thing.name}'. One of your own cannot be saved.`,
    );
  }
  const options = thing.config();
  return Object.keys(options).length === 0 ? thing.name : { name: thing.name, ...options };
}

function describe(value: unknown): string {
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? 'nothing');
}
