import { engineBackend } from './backend.ts';
import { compareSharing } from './compareSharing.ts';
import { emit } from './emit.ts';
import type { Handlers } from './protocol.ts';

export const sharingHandlers: Handlers<'sharing/compare'> = {
  'sharing/compare': async ({ seed, epochs }) =>
    compareSharing(seed, epochs, await engineBackend(), (progress) => emit('sharing/progress', progress)),
};
