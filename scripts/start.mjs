// npm start: sets up, then trains LeNet-5 on handwritten digits and says what to try next.
// Arguments behind -- go to `fathom train`, as in: npm start -- fashion-mnist --epochs 3

import { setUp } from './setup.mjs';

setUp();
const { start } = await import('../packages/cli/dist/start.js');
process.exitCode = await start(process.argv.slice(2));
// What Ctrl-C has cut off, as a compiler at work, is not waited for.
if (process.exitCode === 130) process.stdout.write('', () => process.exit());
