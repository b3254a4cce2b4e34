import { type NamedConfig, type NamedLike, resolveNamed, savedNamed } from '../named.ts';
import { constant, identity, ones, zeros } from './constants.ts';
import type { Initializer } from './initializer.ts';
import { orthogonal } from './orthogonal.ts';
import { randomNormal, randomUniform, truncatedNormal } from './random.ts';
import {
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  varianceScaling,
} from './varianceScaling.ts';

export { type ConstantOptions, constant, type IdentityOptions, identity, ones, zeros } from './constants.ts';
export { fans, type Initializer, type SeedOptions } from './initializer.ts';
export { type OrthogonalOptions, orthogonal } from './orthogonal.ts';
export {
  type NormalOptions,
  randomNormal,
  randomUniform,
  truncatedNormal,
  type UniformOptions,
} from './random.ts';
export {
  type FanMode,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  type ScaledDistribution,
  type VarianceScalingOptions,
  varianceScaling,
} from './varianceScaling.ts';

/** Names that `kernelInitializer` and its like accept. */
export type InitializerName = keyof typeof byName;
export type InitializerLike =
  | InitializerName
  | Initializer
  | (NamedConfig & { readonly name: InitializerName });

/** The initializer meant by a name, a name with options, or given as such. */
export function resolveInitializer(initializer: InitializerLike, where: string): Initializer {
  return resolveNamed<Initializer>(byName, initializer as NamedLike<Initializer>, where);
}

/** An initializer as a layer's config keeps it: its name, with its options if it has any. */
export function savedInitializer(initializer: Initializer, where = 'initializer'): string | NamedConfig {
  return savedNamed(byName, initializer, where)!;
}

const byName = {
  zeros,
  ones,
  constant,
  identity,
  glorotUniform,
  glorotNormal,
  heUniform,
  heNormal,
  lecunUniform,
  lecunNormal,
  orthogonal,
  randomNormal,
  randomUniform,
  truncatedNormal,
  varianceScaling,
};
