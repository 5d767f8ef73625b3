import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = globSync(['*.md', 'docs/**/*.md', 'sdk/*.md'], { cwd: root });
const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

describe('the documentation', () => {
  test.each(pages)('%s links to what is there', (page) => {
    const links = found(read(page), /\]\((?!https?:|#)([^)#\s]+)/g);
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });

  test.each(pages)('%s names npm scripts that exist', (page) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(found(read(page), /npm run (?:--\S+ )*([a-z][\w:-]*)/g).filter((name) => !(name in scripts))).toEqual([]);
  });

  test.each(pages)('%s names files that are there', (page) => {
    const paths = found(read(page), /`((?:src|test|sdk|lint|scripts|docs)\/[\w./-]*)`/g);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('the README explains exactly the variables that are read', () => {
    const settings = read('README.md').split('## Settings')[1]?.split('\n## ')[0] ?? '';
    const explained = found(settings, /^\| `([A-Z_]+)`/gm);
    const variables = found(read('src/config.ts'), /^ {2}([A-Z][A-Z_]+): (?!['"])/gm);
    expect(variables.length).toBeGreaterThan(10);
    expect(explained.toSorted()).toEqual(variables.toSorted());
  });

  test('the list of decisions names every page', () => {
    const listed = found(read('docs/decisions/README.md'), /\]\((\d{4}-[^)]+)\)/g);
    expect(listed).toEqual(globSync('*-*.md', { cwd: join(root, 'docs/decisions') }).toSorted());
  });
});
