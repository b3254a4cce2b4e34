import type { Access, Affine, Expr } from '../ir/expr.ts';
import type { Nest } from './nest.ts';
import { type Address, type Buffer, ITERATION, type Program, type Stmt, type Vector } from './program.ts';

/**
 * A program as text: its buffers, then every launch with its loops, register assignments and stores. Equal programs
 * print equally.
 */
export function printProgram(program: Program): string {
  const lines: string[] = [
    `arena ${program.arenaBytes} bytes, scratch ${program.scratchBytes} bytes a thread`,
  ];
  program.buffers.forEach((buffer, i) => {
    lines.push(`b${i} ${buffer.dtype}[${buffer.size}] ${placeOf(buffer)}`);
  });
  lines.push(`inputs ${program.inputs.map((i) => `b${i}`).join(', ')}`);
  lines.push(`outputs ${program.outputs.map((i) => `b${i}`).join(', ')}`);
  if (program.prepared > 0) lines.push(`once for the same variables: launches before ${program.prepared}`);
  program.launches.forEach((launch, i) => {
    const loop = program.loops.find(({ first }) => first === i);
    if (loop) lines.push(`repeat ${loop.count} times to launch ${loop.end - 1}`);
    if (launch.barrier) lines.push('barrier');
    if (launch.stage !== program.launches[i - 1]?.stage)
      lines.push(`stage ${launch.stage} in ${launch.chunks} chunks`);
    const tasks = launch.solo ? 'first thread' : `${launch.count} tasks`;
    lines.push(`launch ${i} ${launch.name} (${tasks}, ${launch.flops} flop)`);
    lines.push(...printStatements(launch.body, '  '));
  });
  return lines.join('\n');
}

/** A nest as text: its space, what it accumulates, and what it stores where. */
export function printNest(nest: Nest): string {
  const lines = [`${nest.name} over ${nest.axes.map((size, axis) => `i${axis}<${size}`).join(' ')}`];
  if (nest.fill) lines.push(`  b${nest.fill.buffer} := 0`);
  if (nest.reduce) {
    const colliding = nest.reduce.colliding.map((axis) => `i${axis}`).join(' ');
    lines.push(
      `  acc ${nest.reduce.combine}= ${printExpr(nest.reduce.body)}${colliding && ` in order of ${colliding}`}`,
    );
  }
  for (const { access, value, accumulate } of nest.stores) {
    lines.push(`  ${printAccess(access)} ${accumulate ? '+=' : '='} ${printExpr(value)}`);
  }
  return lines.join('\n');
}

export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'const':
      return String(expr.value);
    case 'load':
      return printAccess(expr.access);
    case 'index':
      return `(${printAffine(expr.affine)})`;
    case 'acc':
      return 'acc';
    case 'unary':
      return `${expr.op}(${printExpr(expr.a)})`;
    case 'binary':
      return `${expr.op}(${printExpr(expr.a)}, ${printExpr(expr.b)})`;
    case 'fma':
      return `fma(${printExpr(expr.a)}, ${printExpr(expr.b)}, ${printExpr(expr.c)})`;
    case 'select':
      return `select(${printExpr(expr.condition)}, ${printExpr(expr.a)}, ${printExpr(expr.b)})`;
    default:
      return expr satisfies never;
  }
}

function printStatements(statements: readonly Stmt[], indent: string): string[] {
  return statements.flatMap((statement) => {
    switch (statement.kind) {
      case 'loop': {
        const parallel = statement.firstTask === undefined ? 'for' : `tasks from ${statement.firstTask} for`;
        return [
          `${indent}${parallel} v${statement.variable} < ${statement.count}`,
          ...printStatements(statement.body, `${indent}  `),
        ];
      }
      case 'assign':
        return [`${indent}r${statement.register} = ${printVector(statement.value)}`];
      case 'turn': {
        const registers = statement.registers.map((register) => `r${register}`).join(', ');
        return [`${indent}${registers} = turn(${statement.rows.map(printVector).join(', ')})`];
      }
      case 'store': {
        const lanes =
          statement.stride === 1 ? `:${statement.lanes}` : `:${statement.lanes}/${statement.stride}`;
        return [`${indent}${printAddress(statement.address)}${lanes} = ${printVector(statement.value)}`];
      }
      default:
        return statement satisfies never;
    }
  });
}

function printVector(value: Vector): string {
  switch (value.kind) {
    case 'const':
      return String(value.value);
    case 'load':
      return `${printAddress(value.address)}${value.stride === 0 ? ' splat' : value.stride === 1 ? '' : `:${value.lanes}/${value.stride}`}`;
    case 'index':
      return `(${printTerms(value)} by ${value.stride})`;
    case 'register':
      return `r${value.register}`;
    case 'unary':
      return `${value.op}(${printVector(value.a)})`;
    case 'binary':
      return `${value.op}(${printVector(value.a)}, ${printVector(value.b)})`;
    case 'fma':
      return `fma(${printVector(value.a)}, ${printVector(value.b)}, ${printVector(value.c)})`;
    case 'select':
      return `select(${printVector(value.condition)}, ${printVector(value.a)}, ${printVector(value.b)})`;
    default:
      return value satisfies never;
  }
}

function printAddress(address: Address): string {
  const { indirect } = address;
  const further = indirect ? ` + ${indirect.stride}*${printVector(indirect.index)}` : '';
  return `b${address.buffer}[${printTerms(address)}${further}]`;
}

function printTerms({ offset, terms }: { offset: number; terms: Address['terms'] }): string {
  const name = (variable: number) => (variable === ITERATION ? 't' : `v${variable}`);
  return [...terms.map(({ variable, stride }) => `${stride}*${name(variable)}`), String(offset)].join(' + ');
}

function printAccess({ buffer, offset, strides, advance, indirect }: Access): string {
  const moving = advance ? `${advance}*t + ` : '';
  const further = indirect ? ` + ${indirect.stride}*${printExpr(indirect.index)}` : '';
  return `b${buffer}[${moving}${printAffine({ offset, coefficients: strides })}${further}]`;
}

function printAffine({ offset, coefficients }: Affine): string {
  const terms = coefficients.flatMap((c, axis) => (c === 0 ? [] : [`${c}*i${axis}`]));
  return [...terms, ...(offset !== 0 || terms.length === 0 ? [String(offset)] : [])].join(' + ');
}

function placeOf(buffer: Buffer): string {
  switch (buffer.kind) {
    case 'arena':
      return `arena+${buffer.offset}`;
    case 'scratch':
      return `scratch+${buffer.offset}`;
    case 'variable':
      return `variable ${buffer.variable.name}`;
    case 'constant':
      return 'constant';
    default:
      return buffer satisfies never;
  }
}
