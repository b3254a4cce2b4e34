import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`./packages/fathom/src/${path}`, import.meta.url));

export default defineConfig({
  resolve: { alias: { 'fathom/node': source('node.ts'), fathom: source('index.ts') } },
  // By default a core is left idle. Set-up trains and compiles as tests do, and may take as long.
  test: {
    include: ['packages/*/test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is waited for comes late where other tests keep the machine busy, and the wait ends when it is there.
    expect: { poll: { timeout: 10_000 } },
    maxWorkers: '100%',
  },
});
