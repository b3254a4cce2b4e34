import { describe, expect, it } from 'vitest';
import { ThreadChoice } from '../../../src/backends/native/threadChoice.ts';

/** Goes through some runs that take what `cost` says, and gives the threads that each of them had. */
function run(choice: ThreadChoice, runs: number, cost: (threads: number) => number): number[] {
  return Array.from({ length: runs }, () => {
    const { threads } = choice;
    choice.took(cost(threads));
    return threads;
  });
}

const share = (threads: readonly number[], of: number) =>
  threads.filter((each) => each === of).length / threads.length;

/** Runs until the first choice is made, which must come to an end. */
function untilChosen(choice: ThreadChoice, cost: (threads: number) => number): number[] {
  const threads: number[] = [];
  while (!choice.isChosen && threads.length < 200) threads.push(...run(choice, 1, cost));
  expect(choice.isChosen).toBe(true);
  return threads;
}

describe('the choice of threads', () => {
  it('begins with all of them', () => {
    expect(new ThreadChoice(4).threads).toBe(4);
  });

  it('keeps all where sharing is faster, and tries one ever more rarely', () => {
    const choice = new ThreadChoice(4);
    run(choice, 1000, (threads) => 1 / threads);
    const later = run(choice, 20_000, (threads) => 1 / threads);
    expect(share(later, 4)).toBeGreaterThan(0.99);
    expect(share(later, 1)).toBeGreaterThan(0);
    expect(share(later, 1) + share(later, 4)).toBe(1);
  });

  it('takes one where sharing is slower', () => {
    const choice = new ThreadChoice(2);
    untilChosen(choice, (threads) => (threads === 1 ? 0.3 : 0.5));
    expect(choice.threads).toBe(1);
    const later = run(choice, 20_000, (threads) => 0.3 * threads);
    expect(share(later, 1)).toBeGreaterThan(0.99);
  });

  it('changes its mind when what others do changes', () => {
    const choice = new ThreadChoice(2);
    run(choice, 5000, (threads) => 0.3 * threads);
    const quiet = run(choice, 5000, (threads) => 0.3 / threads);
    expect(share(quiet.slice(2000), 2)).toBeGreaterThan(0.98);
  });

  it('is not led by a few slow runs', () => {
    const choice = new ThreadChoice(2);
    let runs = 0;
    untilChosen(choice, (threads) => (runs++ % 3 === 0 ? 50 : 0.3 / threads));
    expect(choice.threads).toBe(2);
  });

  it('is not led by what slows shared runs for half of a trial', () => {
    for (const bad of [0, 1]) {
      const choice = new ThreadChoice(2);
      let shared = 0;
      untilChosen(choice, (threads) => {
        if (threads === 1) return 0.5;
        const turn = Math.floor((shared++ - 100) / 5);
        return turn === bad ? 1 : 0.3;
      });
      expect(choice.threads).toBe(2);
    }
  });

  it('judges no program by its first runs, while caches are cold and other threads come to rest', () => {
    const choice = new ThreadChoice(2);
    let runs = 0;
    const threads = untilChosen(choice, (threads) => (runs++ < 100 ? 0.5 * threads : 0.3 / threads));
    expect(share(threads.slice(0, 100), 2)).toBe(1);
    expect(choice.threads).toBe(2);
  });

  it('is not led by what disturbs all runs for a while, nor by a difference that is none', () => {
    const choice = new ThreadChoice(2);
    let runs = 0;
    // Everything takes three times as long in the first half of each trial.
    const disturbed = run(choice, 20_000, (threads) => {
      const factor = !choice.isChosen && runs++ % 20 < 10 ? 0.9 : 0.3;
      return factor / threads;
    });
    expect(share(disturbed, 2)).toBeGreaterThan(0.98);
    const same = new ThreadChoice(2);
    expect(
      share(
        run(same, 20_000, (threads) => (threads === 1 ? 0.29 : 0.3)),
        2,
      ),
    ).toBeGreaterThan(0.98);
  });

  it('never tries one thread on a program that is long even with all', () => {
    const choice = new ThreadChoice(2);
    expect(
      share(
        untilChosen(choice, (threads) => 6 / threads),
        2,
      ),
    ).toBe(1);
    expect(
      share(
        run(choice, 5000, (threads) => 6 / threads),
        2,
      ),
    ).toBe(1);
  });

  it('takes no short program for a long one, however often it is disturbed', () => {
    const choice = new ThreadChoice(2);
    let runs = 0;
    // Whole trials long, now and then and at the beginning, every run waits for another process.
    run(choice, 20_000, (threads) => (runs++ % 200 < 60 ? 9 : 0.3 * threads));
    expect(choice.threads).toBe(1);
  });

  it('has nothing to try with one thread', () => {
    const choice = new ThreadChoice(1);
    expect(choice.isChosen).toBe(true);
    expect(run(choice, 50, () => 0.1).every((threads) => threads === 1)).toBe(true);
  });
});
