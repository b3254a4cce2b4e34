import { describe, expect, it } from 'vitest';
import { fathom } from '../command.ts';

describe('a wrong command line', () => {
  it.each<[string, string[], RegExp]>([
    ['command', ['trian', 'digits'], /unknown command 'trian'\. Did you mean 'train'\?/],
    [
      'command below data',
      ['data', 'prview', 'digits'],
      /unknown command 'prview'\. Did you mean 'preview'\?/,
    ],
    ['option', ['train', 'digits', '--epcohs', '3'], /unknown option '--epcohs'\. Did you mean '--epochs'\?/],
    ['data set', ['train', 'minst'], /unknown data set 'minst'\. Did you mean 'mnist'\?/],
    ['data set to fetch', ['data', 'fetch', 'fashion'], /Did you mean 'fashion-mnist'\?/],
    ['model', ['train', 'digits', '--model', 'lent5'], /unknown model 'lent5'\. Did you mean 'lenet5'\?/],
    ['model to sum up', ['summary', 'perceptorn'], /Did you mean 'perceptron'\?/],
    [
      'optimizer',
      ['train', 'digits', '--optimizer', 'adma'],
      /unknown optimizer 'adma'\. Did you mean 'adam'\?/,
    ],
    ['backend', ['train', 'digits', '--backend', 'wsam'], /unknown backend 'wsam'\. Did you mean 'wasm'\?/],
    [
      'name like no other',
      ['train', 'zebra'],
      /unknown data set 'zebra'\. Known: mnist, fashion-mnist, digits/,
    ],
    [
      'number of epochs',
      ['train', 'digits', '--epochs', '0'],
      /--epochs: expected a whole number of 1 or more; received '0'/,
    ],
    [
      'number of threads',
      ['train', 'digits', '--threads', '1.5'],
      /--threads: expected a whole number from 1 to 64; received '1\.5'/,
    ],
    [
      'learning rate',
      ['train', 'digits', '--lr', 'fast'],
      /--lr: expected a positive number, as 0\.001; received 'fast'/,
    ],
    ['missing argument', ['train'], /missing required argument 'data'/],
    ['missing value', ['train', 'digits', '--epochs'], /--epochs.* argument missing/],
    ['argument too many', ['train', 'digits', 'mnist'], /too many arguments/],
    [
      'file that is no model',
      ['train', 'digits', '--model', 'models/net.py'],
      /expected one of lenet5, .*\.ts/,
    ],
  ])('with another %s ends with 2 and one line that helps', async (_what, args, message) => {
    const { code, out, err } = await fathom(args);
    expect(err).toMatch(message);
    expect(err).toMatch(/^error: .* See --help\.\n$/);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  it('shows where only when FATHOM_DEBUG is set', async () => {
    const { code, err } = await fathom(['train', 'minst'], { env: { FATHOM_DEBUG: '1' } });
    expect(err).toMatch(/\n {4}at /);
    expect(code).toBe(2);
  });

  it('without a command below data shows which there are', async () => {
    const { code, out, err } = await fathom(['data']);
    expect(err).toMatch(/fetch[\s\S]*info[\s\S]*preview/);
    expect(out).toBe('');
    expect(code).toBe(2);
  });
});

describe('--help', () => {
  it.each<[string[]]>([
    [[]],
    [['train']],
    [['eval']],
    [['predict']],
    [['summary']],
    [['data']],
    [['data', 'fetch']],
    [['data', 'info']],
    [['data', 'preview']],
    [['info']],
  ])('explains fathom %j with an example', async (command) => {
    const { code, out, err } = await fathom([...command, '--help']);
    expect(out).toContain(`Usage: ${['fathom', ...command].join(' ')}`);
    expect(out).toMatch(/Examples?:\n {2}fathom /);
    expect(err).toBe('');
    expect(code).toBe(0);
  });

  it('is shown when nothing is asked for, and by fathom help', async () => {
    const [bare, help] = await Promise.all([fathom([]), fathom(['help'])]);
    expect(bare).toMatchObject({ code: 0, err: '' });
    expect(help.out).toBe(bare.out);
  });

  it('names every option of train', async () => {
    const { out } = await fathom(['help', 'train']);
    const options = 'model epochs lr batch optimizer seed backend threads limit out json'.split(' ');
    expect(options.filter((name) => !out.includes(`--${name}`))).toEqual([]);
  });
});
