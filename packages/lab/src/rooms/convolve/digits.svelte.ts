import { engine } from '../../lib/engine.ts';
import { type Matrix, matrixOf } from '../../views/matrix.ts';
import { PICTURE_SIDE, rounded } from './picture.ts';

/** Digits that the engine writes: 0 is paper, 1 is ink. Asking for one that is not there yet brings it. */
class Digits {
  #known: ReadonlyMap<number, Matrix> = $state.raw(new Map());
  readonly #asked = new Set<number>();

  /** Number `index` of an endless sequence; undefined until it is there. */
  picture(index: number): Matrix | undefined {
    if (!this.#asked.has(index)) {
      this.#asked.add(index);
      const seed = 1 + Math.floor(index / CLASSES);
      void engine.call('digit/example', { digit: index % CLASSES, seed }).then((grey) => {
        const shares = Float64Array.from(grey, (level) => level / 255);
        const picture = rounded(matrixOf(shares, PICTURE_SIDE, PICTURE_SIDE));
        this.#known = new Map([...this.#known, [index, picture]]);
      });
    }
    return this.#known.get(index);
  }
}

const CLASSES = 10;

export const digits = new Digits();
