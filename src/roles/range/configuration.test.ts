import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifest } from '../../registry/manifest.ts';
import { bareConfiguration, stagedManifest } from './configuration.ts';

/** The documented manifest: it has every key that there is. */
const DOCUMENTED = /```yaml\n(apiVersion[^]*?)```/.exec(readFileSync(join(import.meta.dir, '../../../docs/configuration.md'), 'utf8'))?.[1] ?? '';

test('of every documented key what decides is tried and all else is left out by name; nothing of it names a secret or a place to reach', () => {
  const { base, leftOut } = bareConfiguration({ text: DOCUMENTED, policies: [] });
  const { text } = stagedManifest(base, { servers: {} });
  const tried = parseManifest(text, 'range.yaml');
  expect(tried.servers.length).toBeGreaterThan(3);
  expect(tried.servers.filter(({ endpoint }) => endpoint.transport === 'stdio' || endpoint.url !== 'http://127.0.0.1:9/mcp')).toEqual([]);
  expect(tried.servers.filter(({ credentials }) => credentials.type !== 'none')).toEqual([]);
  expect(text).not.toMatch(/vault:|env:|"secret"|"webhooks"|"remote"|"plugins"|"credentials"|"segment"/);
  expect(leftOut).toEqual(expect.arrayContaining(['gateway', 'control', 'network', 'identity', 'admins', 'vault', 'audit', 'notify', 'detect.remote']));
});

test('what is staged is laid over it, key by key, and is all that can be reached', () => {
  const { base } = bareConfiguration({
    text: 'apiVersion: sallyport/v1\ndefaults: { rule-of-two: shadow }\nservers: { crm: { command: [node, x.js], owner: a } }',
    policies: [{ file: 'a.cedar', text: '' }],
  });
  const { text, policies } = stagedManifest(base, {
    servers: { 'rt-a': { url: 'http://127.0.0.1:1/mcp', owner: 'b' } }, policy: 'permit(principal, action, resource);',
    settings: { defaults: { inspection: 'off' } },
  });
  expect(JSON.parse(text)).toEqual({
    apiVersion: 'sallyport/v1', defaults: { 'rule-of-two': 'shadow', inspection: 'off' }, policies: ['a.cedar', 'range-staged.cedar'],
    servers: {
      crm: { owner: 'a', url: 'http://127.0.0.1:9/mcp', allowPrivate: true }, 'rt-a': { url: 'http://127.0.0.1:1/mcp', owner: 'b', allowPrivate: true },
    },
  });
  expect(policies).toHaveLength(2);
});

test('two configurations have one digest when what is tried of them is the same', () => {
  expect(digest('limits: { denials: 5/min }\nvault: { providers: {} }')).toBe(digest('limits: { denials: 5/min }'));
  expect(digest('limits: { denials: 6/min }')).not.toBe(digest('limits: { denials: 5/min }'));
});

function digest(text: string): string {
  return bareConfiguration({ text, policies: [] }).digest;
}
