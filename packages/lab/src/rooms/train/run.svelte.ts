import type {
  DataChoice,
  DataInfo,
  KeptMoments,
  OpenedRun,
  RunFile,
  TrainingProgress,
  TrainingReport,
  TrainingSettings,
} from '../../engine/trainingTypes.ts';
import { engine } from '../../lib/engine.ts';
import type { FoundFile } from '../../lib/files.ts';
import { latest } from '../../lib/latest.ts';
import { networks } from '../../lib/networks.svelte.ts';
import { type CurvePoint, curveBefore, type Figures, joined, upTo } from './figures.ts';

/** The training of the lab, which goes on while other rooms are open. */
class Run {
  data: DataInfo | undefined = $state.raw();
  /** How far the making of data has come; undefined when none is made. */
  loading: number | undefined = $state();
  /** Files of the user's that the data is made from; with a number, since two choices may look alike. */
  own: { readonly files: readonly FoundFile[]; readonly number: number } = $state.raw({
    files: [],
    number: 0,
  });
  isBuilt = $state(false);
  isPlaying = $state(false);
  steps = $state(0);
  epochs = $state(0);
  samplesPerSecond = $state(0);
  figures: Figures = $state.raw(upTo(undefined, 0));
  /** How all reports were, also those whose moments are not kept any more. */
  curve: readonly CurvePoint[] = $state.raw([]);
  /** Of the moments that can be gone back to. */
  reports: readonly TrainingReport[] = $state.raw([]);
  moments: KeptMoments | undefined = $state.raw();
  /** The step of the moment that is looked at; undefined follows the newest. */
  looked: number | undefined = $state();
  problem = $state('');
  /** Something to know. */
  note = $state('');
  /** Settings and data that the network at hand was made from. */
  madeFrom = '';
  madeOf: DataInfo | undefined;
  /** A run with which the next training begins. */
  opened: { readonly run: OpenedRun; readonly curve: readonly CurvePoint[] } | undefined;
  /** What the data at hand was made from, or that which is made. */
  #chosen: string | undefined;
  #run = 0;
  #loads = 0;
  /** Whether the other rooms know the network; they then follow the moment that is looked at. */
  #isUsed = false;

  constructor() {
    engine.on('train/progress', (progress) => this.#progress(progress));
    engine.on('train/report', (report) => this.#keep(report));
    engine.on('train/loading', ({ share }) => {
      if (this.loading !== undefined) this.loading = share;
    });
  }

  /** The moment that is looked at: that of the step, or the nearest that is kept. */
  get shown(): TrainingReport | undefined {
    const { looked } = this;
    if (looked === undefined) return this.reports.at(-1);
    const far = ({ steps }: TrainingReport) => Math.abs(steps - looked);
    return this.reports.reduce<TrainingReport | undefined>(
      (best, one) => (best && far(best) <= far(one) ? best : one),
      undefined,
    );
  }

  look(steps: number): void {
    this.looked = steps === this.reports.at(-1)?.steps ? undefined : steps;
    if (this.#isUsed) this.#use();
  }

  /** Data is made from files of the user's; from none, it is as the settings of the room say. */
  take(files: readonly FoundFile[]): void {
    this.problem = '';
    this.own = { files, number: this.own.number + 1 };
  }

  /** Makes data, unless it is there already; `key` says what it is made from. */
  async load(choice: DataChoice, key: string): Promise<void> {
    if (key === this.#chosen) return;
    const load = ++this.#loads;
    this.#chosen = key;
    this.problem = '';
    this.loading = 0;
    this.isBuilt = false;
    try {
      const made = await engine.call('train/data', choice);
      if (load === this.#loads) this.data = made;
    } catch (error) {
      if (load !== this.#loads) return;
      this.#chosen = undefined;
      this.fail(error);
    } finally {
      if (load === this.#loads) this.loading = undefined;
    }
  }

  /** There is no network for now: its layers do not fit. */
  unbuild(): void {
    if (this.isPlaying) this.#try(() => engine.call('train/pause', null));
    this.isBuilt = false;
    this.isPlaying = false;
  }

  /** Begins anew, once with a run that was opened. */
  async reset(settings: TrainingSettings): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    this.problem = '';
    this.note = '';
    this.isBuilt = false;
    this.looked = undefined;
    this.#isUsed = false;
    this.#startFrom([], undefined);
    try {
      const { report, note } = await engine.call('train/reset', { ...settings, from: opened?.run });
      this.#run = report.run;
      this.#startFrom(opened?.curve ?? [], report);
      this.note = note;
      this.isBuilt = true;
    } catch (error) {
      // Without what cannot be gone on with.
      if (opened) await this.reset(settings);
      this.fail(error);
    }
  }

  async play(): Promise<void> {
    this.#follow();
    this.isPlaying = true;
    await this.#try(() => engine.call('train/play', null));
  }

  async pause(): Promise<void> {
    await this.#try(async () => this.#keep(await engine.call('train/pause', null)));
    this.isPlaying = false;
  }

  async step(): Promise<void> {
    this.#follow();
    await this.#try(async () => this.#keep(await engine.call('train/step', null)));
  }

  async setRate(rate: number): Promise<void> {
    if (this.isBuilt) await this.#try(() => engine.call('train/rate', rate));
  }

  /** Goes back to the moment that is looked at, and on from there if it was going on. */
  async goOn(): Promise<void> {
    const { shown, isPlaying } = this;
    if (!shown) return;
    await this.#try(async () => {
      const report = await engine.call('train/goOn', shown.steps);
      const isEarlier = <T extends { readonly steps: number }>({ steps }: T) => steps < shown.steps;
      this.problem = '';
      this.looked = undefined;
      this.figures = upTo(this.figures, shown.steps);
      this.curve = this.curve.filter(isEarlier);
      this.#keep(report);
      if (isPlaying) await this.play();
      else this.note = `Back after step ${shown.steps.toLocaleString('en')}: training goes on from here.`;
    });
  }

  /** Makes the network of the moment known to the other rooms; it follows from then on. */
  async use(): Promise<void> {
    this.#isUsed = true;
    await this.#use();
  }

  /** The files of the run as it is at the moment; `address` brings its settings back. */
  async save(address: string): Promise<RunFile[]> {
    const { shown, curve } = this;
    const steps = shown?.steps ?? 0;
    const lab = { address, curve: curveBefore(curve, steps) };
    return engine.call('train/export', { steps, lab });
  }

  /** Says what went wrong. */
  fail(error: unknown): void {
    const { message } = error as Error;
    this.problem = message.charAt(0).toUpperCase() + message.slice(1);
    this.isPlaying = false;
  }

  /** From here on the newest moment is looked at, and what was said before is over. */
  #follow(): void {
    this.problem = '';
    this.note = '';
    this.looked = undefined;
  }

  readonly #use = latest<void>(async () => {
    const { shown } = this;
    if (shown) await this.#try(async () => networks.add(await engine.call('train/keep', shown.steps)));
  });

  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.fail(error);
    }
  }

  #startFrom(past: readonly CurvePoint[], report: TrainingReport | undefined): void {
    this.curve = past;
    this.reports = [];
    this.moments = undefined;
    this.figures = joined(
      upTo(undefined, 0),
      past.filter(({ steps }) => steps > 0).map(({ steps, training }) => ({ step: steps, ...training })),
    );
    if (report) this.#keep(report);
  }

  #progress(progress: TrainingProgress): void {
    if (progress.run < this.#run) return;
    this.#run = progress.run;
    this.steps = progress.steps;
    this.epochs = progress.epochs;
    this.isPlaying = progress.isPlaying;
    this.samplesPerSecond = progress.samplesPerSecond;
    if (progress.problem) this.fail(new Error(progress.problem));
    if (progress.stopped) {
      this.note = progress.stopped.why;
      this.look(progress.stopped.best);
    }
    if (progress.figures.length > 0) this.figures = joined(this.figures, progress.figures);
  }

  #keep(report: TrainingReport): void {
    if (report.run !== this.#run) return;
    const { steps, training, validation, moments } = report;
    const before = this.reports.filter((one) => one.steps < steps && moments.steps.includes(one.steps));
    this.reports = [...before, report];
    this.moments = moments;
    this.curve = [...curveBefore(this.curve, steps - 1), { steps, training, validation }];
    if (this.#isUsed && this.looked === undefined) this.#use();
  }
}

export const run = new Run();
