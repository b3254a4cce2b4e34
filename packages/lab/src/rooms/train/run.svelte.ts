import type {
  DataChoice,
  DataInfo,
  ExportedNetwork,
  TrainingProgress,
  TrainingReport,
  TrainingSettings,
} from '../../engine/trainingTypes.ts';
import { engine } from '../../lib/engine.ts';
import { networks } from '../../lib/networks.svelte.ts';

/** Figures of single steps are many: beyond this every other one is left out. */
const MOST_POINTS = 4000;
/** Reports hold pictures; the first and the newest are kept. */
const MOST_REPORTS = 200;

export interface Figures {
  readonly steps: readonly number[];
  readonly losses: readonly number[];
  readonly accuracies: readonly number[];
}

/** The training of the lab, which goes on while other rooms are open. */
class Run {
  data: DataInfo | undefined = $state.raw();
  /** How far the making of data has come; undefined when none is made. */
  loading: number | undefined = $state();
  isBuilt = $state(false);
  isPlaying = $state(false);
  steps = $state(0);
  epochs = $state(0);
  samplesPerSecond = $state(0);
  figures: Figures = $state.raw({ steps: [], losses: [], accuracies: [] });
  reports: readonly TrainingReport[] = $state.raw([]);
  problem = $state('');
  /** Settings and data that the network at hand was made from. */
  madeFrom = '';
  madeOf: DataInfo | undefined;
  /** A saved network, from which the next training begins. */
  opened: ExportedNetwork | undefined;
  /** What the data at hand was made from. */
  #chosen: string | undefined;
  #run = 0;
  #apart = 1;

  constructor() {
    engine.on('train/progress', (progress) => this.#progress(progress));
    engine.on('train/report', (report) => this.#keep(report));
    engine.on('train/loading', ({ share }) => {
      if (this.loading !== undefined) this.loading = share;
    });
  }

  /** Makes data, unless it is there already; `key` says what it is made from. */
  async load(choice: DataChoice, key: string): Promise<void> {
    if (key === this.#chosen) return;
    this.problem = '';
    this.loading = 0;
    this.isBuilt = false;
    try {
      const made = await engine.call('train/data', choice);
      this.data = made;
      this.#chosen = key;
    } catch (error) {
      this.#fail(error);
    } finally {
      this.loading = undefined;
    }
  }

  /** There is no network for now: its layers do not fit. */
  unbuild(): void {
    if (this.isPlaying) this.#try(() => engine.call('train/pause', null));
    this.isBuilt = false;
    this.isPlaying = false;
  }

  /** Begins anew, once from the weights of a network that was opened. */
  async reset(settings: TrainingSettings): Promise<void> {
    const from = this.opened;
    this.opened = undefined;
    this.problem = '';
    this.isBuilt = false;
    this.figures = { steps: [], losses: [], accuracies: [] };
    this.reports = [];
    this.#apart = 1;
    try {
      const report = await engine.call('train/reset', { ...settings, from });
      this.#run = report.run;
      this.reports = [report];
      this.isBuilt = true;
    } catch (error) {
      this.#fail(error);
    }
  }

  async play(): Promise<void> {
    this.problem = '';
    this.isPlaying = true;
    await this.#try(() => engine.call('train/play', null));
  }

  async pause(): Promise<void> {
    await this.#try(async () => this.#keep(await engine.call('train/pause', null)));
    this.isPlaying = false;
  }

  async step(): Promise<void> {
    await this.#try(async () => this.#keep(await engine.call('train/step', null)));
  }

  async setRate(rate: number): Promise<void> {
    if (this.isBuilt) await this.#try(() => engine.call('train/rate', rate));
  }

  /** Makes the network as it is known to the room Draw. */
  async keep(): Promise<void> {
    await this.#try(async () => networks.add(await engine.call('train/keep', null)));
  }

  export(): Promise<ExportedNetwork> {
    return engine.call('train/export', null);
  }

  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Says what went wrong. */
  fail(error: unknown): void {
    this.#fail(error);
  }

  #fail(error: unknown): void {
    const { message } = error as Error;
    this.problem = message.charAt(0).toUpperCase() + message.slice(1);
    this.isPlaying = false;
  }

  #progress(progress: TrainingProgress): void {
    if (progress.run < this.#run) return;
    this.#run = progress.run;
    this.steps = progress.steps;
    this.epochs = progress.epochs;
    this.isPlaying = progress.isPlaying;
    this.samplesPerSecond = progress.samplesPerSecond;
    if (progress.problem) this.#fail(new Error(progress.problem));
    this.#add(progress.figures.filter(({ step }) => step % this.#apart === 0));
  }

  #add(figures: TrainingProgress['figures']): void {
    if (figures.length === 0) return;
    const { steps, losses, accuracies } = this.figures;
    const all = {
      steps: [...steps, ...figures.map(({ step }) => step)],
      losses: [...losses, ...figures.map(({ loss }) => loss)],
      accuracies: [...accuracies, ...figures.map(({ accuracy }) => accuracy)],
    };
    if (all.steps.length > MOST_POINTS) {
      this.#apart *= 2;
      const kept = (_: number, i: number) => all.steps[i]! % this.#apart === 0;
      this.figures = {
        steps: all.steps.filter(kept),
        losses: all.losses.filter(kept),
        accuracies: all.accuracies.filter(kept),
      };
    } else this.figures = all;
  }

  #keep(report: TrainingReport): void {
    if (report.run !== this.#run) return;
    const before = this.reports.filter(({ steps }) => steps < report.steps);
    this.reports = [...(before.length < MOST_REPORTS ? before : [before[0]!, ...before.slice(2)]), report];
  }
}

export const run = new Run();
