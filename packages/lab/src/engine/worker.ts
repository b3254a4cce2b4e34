import { backendHandlers } from './backend.ts';
import { convolveHandlers } from './convolve.ts';
import { digitHandlers } from './digits.ts';
import { emit, send } from './emit.ts';
import { insideHandlers } from './inside.ts';
import { networkHandlers } from './networks.ts';
import { neuronHandlers } from './neuron.ts';
import { planeHandlers } from './plane.ts';
import type { CallName, Handlers, ToEngine } from './protocol.ts';
import { sharingHandlers } from './sharing.ts';
import { trainingHandlers } from './training.ts';

const handlers: Handlers = {
  ...backendHandlers,
  ...networkHandlers,
  ...digitHandlers,
  ...trainingHandlers,
  ...sharingHandlers,
  ...insideHandlers,
  ...neuronHandlers,
  ...planeHandlers,
  ...convolveHandlers,
};

self.onmessage = async ({ data }: MessageEvent<ToEngine>) => {
  const { id, call, request } = data;
  try {
    const handler = handlers[call] as Handlers[CallName] | undefined;
    if (!handler) throw new Error(`the engine knows no call '${call}'.`);
    send({ id, reply: await handler(request as never) });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    send({ id, error: { name, message } });
  }
};

self.addEventListener('unhandledrejection', ({ reason }) => {
  emit('engine/failed', { message: reason instanceof Error ? reason.message : String(reason) });
});
