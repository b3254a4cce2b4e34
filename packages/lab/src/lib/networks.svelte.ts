import type { NetworkInfo } from '../engine/protocol.ts';
import { engine } from './engine.ts';
import { openRun } from './openedRun.ts';

/** What `fathom lab` offers beside the lab itself. */
interface Offer {
  readonly data: readonly string[];
  readonly run: boolean;
}

const NOTHING: Offer = { data: [], run: false };

/** The networks that can be asked, by name: the one that ships with the lab is always there. */
class Networks {
  #list: NetworkInfo[] = $state.raw([]);
  #offer: Promise<Offer> | undefined;
  /** Whether all that are offered have been loaded. */
  isComplete = $state(false);

  get list(): readonly NetworkInfo[] {
    return this.#list;
  }

  find(id: string): NetworkInfo | undefined {
    return this.#list.find((network) => network.id === id);
  }

  /** Puts a network into the list, in place of one of the same name. */
  add(network: NetworkInfo): NetworkInfo {
    this.#list = [...this.#list.filter(({ id }) => id !== network.id), network];
    return network;
  }

  /** Loads the network that ships with the lab, and the run that `fathom lab RUN` was given. */
  async loadFirst(): Promise<void> {
    const shipped = engine.call('network/shipped', null).then((network) => this.add(network));
    const { run } = await this.offer();
    await shipped;
    if (run && !this.find('run')) this.add(await this.#loadRun());
    this.isComplete = true;
  }

  offer(): Promise<Offer> {
    this.#offer ??= fetch('/offer.json').then(
      async (response): Promise<Offer> => (response.ok ? await response.json() : NOTHING),
      () => NOTHING,
    );
    return this.#offer;
  }

  /**
   * Loads a run from files of the user's.
   *
   * @throws Error that says which file is missing or damaged
   */
  async loadFiles(files: readonly File[]): Promise<NetworkInfo> {
    const { checkpoint: _, ...run } = await openRun(files);
    return this.add(await engine.call('network/load', { id: 'file', ...run, where: 'your files' }));
  }

  async #loadRun(): Promise<NetworkInfo> {
    const get = async (name: string) => {
      const response = await fetch(`/run/${name}`);
      if (!response.ok) throw new Error(`the run has no ${name}`);
      return response;
    };
    return engine.call('network/load', {
      id: 'run',
      config: await (await get('model.json')).text(),
      record: await get('run.json').then((response) => response.text()),
      weights: new Uint8Array(await (await get('weights.safetensors')).arrayBuffer()),
      where: 'the run',
    });
  }
}

export const networks = new Networks();
