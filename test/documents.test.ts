import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { z } from 'zod';
import { COMMANDS } from '../src/cli/commands.ts';
import { MANIFEST } from '../src/registry/manifest-shape.ts';
import { formatManifest, parseManifest } from '../src/registry/manifest.ts';

function read(path: string): string {
  return readFileSync(join(import.meta.dir, '..', path), 'utf8');
}

/** Every key that the shape knows, at any depth; names that users choose have none. */
function keysOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf);
  if (typeof schema !== 'object' || schema === null) return [];
  const properties = 'properties' in schema && typeof schema.properties === 'object' && schema.properties !== null ? Object.keys(schema.properties) : [];
  return [...properties, ...Object.entries(schema).flatMap(([name, inner]) => (name === 'propertyNames' ? [] : keysOf(inner)))];
}

describe('docs/configuration.md', () => {
  const text = read('docs/configuration.md');
  const example = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';

  test('has an example that parses, and that export writes back to the same', () => {
    const manifest = parseManifest(example, 'sallyport.yaml');
    expect(manifest.servers.map(({ id }) => id)).toEqual(['crm', 'news', 'lab', 'memory']);
    const { findings: _before, ...before } = manifest;
    const { findings: _after, ...after } = parseManifest(formatManifest(manifest), 'sallyport.yaml');
    expect(after).toEqual(before);
  });

  test('names and shows every key', () => {
    const keys = new Set(keysOf(z.toJSONSchema(MANIFEST, { unrepresentable: 'any' })));
    expect(keys.size).toBeGreaterThan(30);
    const [, table = ''] = text.split('## Keys');
    expect([...keys].filter((key) => !new RegExp(`\`[^\`]*\\b${key}\\b[^\`]*\``).test(table))).toEqual([]);
    expect([...keys].filter((key) => !new RegExp(`\\b${key}:`).test(example))).toEqual([]);
  });
});

describe('docs/identity', () => {
  const pages = readdirSync(join(import.meta.dir, '../docs/identity')).map((file) => `docs/identity/${file}`);

  test.each(pages.filter((page) => !page.endsWith('README.md')))('%s: each manifest parses', (page) => {
    const manifests = [...read(page).matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
    expect(manifests.length).toBeGreaterThan(0);
    for (const manifest of manifests) expect(() => parseManifest(manifest, page)).not.toThrow();
  });
});

describe('documents', () => {
  test('show only commands that exist', () => {
    const identity = readdirSync(join(import.meta.dir, '../docs/identity')).map((file) => `docs/identity/${file}`);
    const shown = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'docs/configuration.md', ...identity].flatMap((path) =>
      [...read(path).matchAll(/(?:bin\/|`)sallyport ([a-z][a-z-]*)/g)].map(([, command = '']) => command));
    expect([...new Set(shown)].filter((command) => !Object.hasOwn(COMMANDS, command)).toSorted()).toEqual([]);
  });

  test('show only pictures that are there', () => {
    const pages = ['README.md', ...new Bun.Glob('docs/**/*.md').scanSync({ cwd: join(import.meta.dir, '..') })];
    const shown = pages.flatMap((page) => [...read(page).matchAll(/!\[[^\]]*\]\(([^)\s]+)\)/g)]
      .map(([, picture = '']) => normalize(join(dirname(page), picture))));
    expect(shown.length).toBeGreaterThan(4);
    expect(shown.filter((picture) => !existsSync(join(import.meta.dir, '..', picture)))).toEqual([]);
  });

  test('the README opens with the two commands, and CI runs the second', () => {
    expect(read('README.md').split('\n').slice(2, 5).join('\n')).toContain('npm ci && npm start');
    expect(read('README.md').split('\n').slice(2, 5).join('\n')).toContain('npm ci && npm test');
    expect(read('.ci/run')).toContain('npm ci');
    expect(read('.ci/run')).toContain('npm test');
  });
});
