export { decodeSafetensors, encodeSafetensors, type NamedTensor, type Safetensors } from './safetensors.ts';
