/** A part of a document: what stands under one heading of the second level. */
export interface Section {
  readonly title: string;
  readonly text: string;
}

/** The code in a document's fences of one language, in order. */
export function codeBlocks(markdown: string, language = 'ts'): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...markdown.matchAll(fence)].map(([, code]) => code!);
}

/** The parts of a document under its headings of the second level. */
export function sectionsOf(markdown: string): Section[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { title: part.slice(0, end), text: part.slice(end + 1) };
    });
}

/** A program without its imports, and the names that it imports from each module; types are left out. */
export function withoutImports(code: string): {
  readonly imports: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
} {
  const imports = new Map<string, readonly string[]>();
  const body = code.replace(/^import \{([^}]*)\} from '([^']+)';\n/gm, (_, list: string, module: string) => {
    const names = list.split(',').map((name) => name.trim());
    const values = names.filter((name) => name !== '' && !name.startsWith('type '));
    imports.set(module, [...(imports.get(module) ?? []), ...values]);
    return '';
  });
  return { imports, body };
}

export function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title!);
}

/** By which a link leads to a heading, as GitHub makes it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- ]/gu, '')
    .replaceAll(' ', '-');
}
