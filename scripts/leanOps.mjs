/** The source files of ops. */
export const OP = /[\\/]fathom[\\/]src[\\/]ops[\\/][\w-]+\.ts$/;

/**
 * The source of an op without description and examples, which only tests and documents read and which are a twentieth of
 * the core. Relies on the layout that Biome gives them.
 */
export function lean(source) {
  return source
    .replace(/^( *)doc:\s*(?:'(?:[^'\\\n]|\\.)*'|"[^"\n]*"|`[^`]*`),$/gm, '')
    .replace(/^ *examples: \[.*\],$/gm, '')
    .replace(/^( *)examples: \[\n[\s\S]*?^\1\],$/gm, '');
}
