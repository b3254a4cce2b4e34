export {
  fans,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  type InitializerLike,
  type InitializerName,
  ones,
  resolveInitializer,
  zeros,
} from './initializers.ts';
