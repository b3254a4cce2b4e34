import { print, topologicalOrder } from './graph.ts';
import { Tensor } from './tensor.ts';

/**
 * What a loop repeats, as a graph of its own: from the carries and the items of one iteration to the next carries.
 * Parameters are leaves that stand for values from outside; a loop's operands are, in this order, the first carries,
 * the stacks of items (iterations along axis 0) and the constants.
 */
export class LoopBody {
  readonly carries: readonly Tensor[];
  readonly items: readonly Tensor[];
  readonly constants: readonly Tensor[];
  /** New values of the carries. */
  readonly next: readonly Tensor[];
  /** Number of iterations. */
  readonly length: number;
  /** The last item comes first. Stacks of results lie in the order of the items all the same. */
  readonly reverse: boolean;
  /** Tells loops apart that are made separately. */
  readonly id: number;

  constructor(parts: Omit<LoopBody, 'id'>) {
    this.carries = parts.carries;
    this.items = parts.items;
    this.constants = parts.constants;
    this.next = parts.next;
    this.length = parts.length;
    this.reverse = parts.reverse;
    this.id = nextId++;
  }
}

let nextId = 0;

/** Which value of a loop a node is: a carry after the last iteration, or any value of the body from all of them. */
export type LoopResult =
  | { readonly kind: 'final'; readonly carry: number }
  | { readonly kind: 'stack'; readonly value: Tensor };

/** A loop, and the one of its values that a node gives. */
export class LoopAttrs {
  readonly body: LoopBody;
  readonly result: LoopResult;
  #text: string | undefined;

  constructor(body: LoopBody, result: LoopResult) {
    this.body = body;
    this.result = result;
  }

  toText(): string {
    this.#text ??= textOf(this.body, this.result);
    return this.#text;
  }
}

/** Nodes with one key are values of one run of a loop: they have its body and its operands. */
export function loopKey({ attrs, inputs }: Tensor): string {
  return `${(attrs as LoopAttrs).body.id}(${inputs.map(({ id }) => id).join(',')})`;
}

/** Rebuilds `outputs` with the nodes in `replaced` replaced by others. Nodes that depend on none of them are kept. */
export function substitute(outputs: readonly Tensor[], replaced: ReadonlyMap<Tensor, Tensor>): Tensor[] {
  const known = new Map(replaced);
  for (const node of topologicalOrder(outputs, known)) {
    if (known.has(node)) continue;
    const inputs = node.inputs.map((input) => known.get(input)!);
    const same = inputs.every((input, i) => input === node.inputs[i]);
    known.set(node, same ? node : new Tensor(node.op, inputs, node.attrs, node));
  }
  return outputs.map((output) => known.get(output)!);
}

function textOf({ next, length, reverse }: LoopBody, result: LoopResult): string {
  const lines = print(result.kind === 'stack' ? [...next, result.value] : next).split('\n');
  const what = result.kind === 'stack' ? 'stack of the last' : `final ${result.carry}`;
  return `${what} over ${length}${reverse ? ' in reverse' : ''} {${lines.join('; ')}}`;
}
