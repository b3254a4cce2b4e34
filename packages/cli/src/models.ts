import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Message, type Plugin } from 'esbuild';
import { cnn, lenet5, Model, mlp, mobileNet, perceptron, resNet18, resNet20 } from 'fathom';
import { CliError, codeOf, UsageError, unknownName } from './errors.ts';

/** What a model is to be made for; functions exported by model files receive it. */
export type ModelSetting = {
  /** Of one sample, as [28, 28, 1]. */
  readonly inputShape: readonly number[];
  /** How many there are to tell apart. */
  readonly classes: number;
  readonly seed: number;
};

type Maker = (setting: ModelSetting) => Model;

/** Those of the zoo that learn from pictures of the size of the data sets here, in sensible time. */
const BY_NAME: Readonly<Record<string, Maker>> = {
  lenet5: ({ seed }) => lenet5({ seed }),
  cnn: ({ seed }) => cnn({ seed }),
  mlp: ({ seed }) => mlp({ seed }),
  perceptron: ({ seed }) => perceptron({ seed }),
  resNet18: (setting) => resNet18({ ...setting, stem: 'cifar' }),
  resNet20,
  mobileNet,
};

/** Models that `--model` knows by name. */
export const MODEL_NAMES: readonly string[] = Object.keys(BY_NAME);

/** A model that is made when its setting is known. */
export type ModelSource = {
  /** As it was asked for. */
  readonly name: string;
  /** For the names of files: without folders and ending. */
  readonly shortName: string;
  create(setting: ModelSetting): Promise<Model>;
};

/**
 * The model with a name, or from a TypeScript or JavaScript file whose default export is a model, or a function
 * (also an asynchronous one) that returns one.
 *
 * @throws UsageError for an unknown name, CliError when the file is missing, does not compile or exports no model
 */
export async function findModel(name: string): Promise<ModelSource> {
  if (Object.hasOwn(BY_NAME, name)) {
    return {
      name,
      shortName: name,
      async create(setting) {
        const model = BY_NAME[name]!(setting);
        checkFits(model, setting, name);
        return model;
      },
    };
  }
  if (!FILE_ENDINGS.includes(extname(name))) {
    if (/[\\/]/.test(name)) {
      throw new UsageError(
        `--model ${name}: expected one of ${MODEL_NAMES.join(', ')}, or a file that ends in ${FILE_ENDINGS.join(', ')}.`,
      );
    }
    throw unknownName('model', name, MODEL_NAMES, ', or a FILE.ts of your own');
  }
  const exported = await importFile(name);
  return {
    name,
    shortName: basename(name, extname(name)),
    async create(setting) {
      const made: unknown =
        // A model can be called too, but it draws a network then.
        typeof exported === 'function' && !(exported instanceof Model)
          ? await callExport(exported, setting, name)
          : exported;
      if (!(made instanceof Model)) {
        throw new CliError(
          `${name}: expected its default export to be a model, or a function that returns one; ` +
            `received ${kindOf(made)}. For example: export default () => sequential([…])`,
        );
      }
      if (made.inputShape === undefined) made.build(setting.inputShape);
      checkFits(made, setting, name);
      return made;
    },
  };
}

const FILE_ENDINGS = ['.ts', '.mts', '.js', '.mjs'];

function checkFits(model: Model, { inputShape, classes }: ModelSetting, name: string): void {
  const show = (shape: readonly number[]) => `[${shape.join(', ')}]`;
  const plain = (shape: readonly number[]) => show(shape.filter((extent) => extent !== 1));
  const { inputShape: takes, outputShape: gives } = model;
  if (takes === undefined || gives === undefined) {
    throw new CliError(`${name}: expected a model with layers; received an empty one. Add layers to it.`);
  }
  if (plain(takes) !== plain(inputShape)) {
    throw new CliError(
      `${name}: expected a model that takes samples of shape ${show(inputShape)}; received one that takes ` +
        `${show(takes)}. Set inputShape: ${show(inputShape)} on its first layer.`,
    );
  }
  if (gives.length !== 1 || gives[0] !== classes) {
    throw new CliError(
      `${name}: expected a model with ${classes} outputs, one for each class; received one with outputs of ` +
        `shape ${show(gives)}. End it in dense({ units: ${classes}, activation: 'softmax' }).`,
    );
  }
}

async function callExport(exported: unknown, setting: ModelSetting, name: string): Promise<unknown> {
  try {
    return await (exported as (setting: ModelSetting) => unknown)(setting);
  } catch (error) {
    throw new CliError(`${name}: its default export failed: ${messageOf(error)}`, { cause: error });
  }
}

/** The default export of a file that is transpiled, with what it imports, on the way. */
async function importFile(path: string): Promise<unknown> {
  const code = await transpile(path);
  // A file of its own, because modules from memory cannot be debugged; its name is new so that nothing is cached.
  const folder = await mkdtemp(join(tmpdir(), 'fathom-model-'));
  try {
    const file = join(folder, `${randomBytes(6).toString('hex')}.mjs`);
    await writeFile(file, code);
    const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
    if (module.default !== undefined) return module.default;
  } catch (error) {
    throw new CliError(`${path}: the file failed while it was loaded: ${messageOf(error)}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  throw new CliError(
    `${path}: expected a default export; received a file without one. ` +
      'For example: export default () => sequential([…])',
  );
}

async function transpile(path: string): Promise<string> {
  try {
    const { outputFiles } = await build({
      entryPoints: [resolve(path)],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'inline',
      logLevel: 'silent',
      plugins: [ownFathom],
    });
    return outputFiles[0]!.text;
  } catch (error) {
    if (await isMissing(path)) {
      throw new CliError(`there is no file ${path}. Check the path behind --model.`);
    }
    const [first] = (error as { errors?: Message[] }).errors ?? [];
    const place = first?.location ? `${first.location.file}:${first.location.line}: ` : '';
    throw new CliError(`${path} cannot be compiled: ${place}${first?.text ?? messageOf(error)}.`, {
      cause: error,
    });
  }
}

/** A second copy of the library would make models that are not instances of this one's. */
const ownFathom: Plugin = {
  name: 'own-fathom',
  setup(bundler) {
    bundler.onResolve({ filter: /^fathom(\/node)?$/ }, ({ path }) => ({
      path: import.meta.resolve(path),
      external: true,
    }));
  },
};

async function isMissing(path: string): Promise<boolean> {
  return stat(path).then(
    () => false,
    (error: unknown) => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR',
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object'
    ? `an object of class ${value.constructor?.name ?? 'none'}`
    : `a ${typeof value}`;
}
