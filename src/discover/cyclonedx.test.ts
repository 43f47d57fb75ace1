import { Ajv } from 'ajv';
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { objects, part, text } from '../cli/json-view.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Runs } from '../domain/runs.ts';
import type { JudgedAsset } from './correlate/judge.ts';
import { toCycloneDx } from './cyclonedx.ts';

const NOW = 1_800_000_000_000;
const ASSET: JudgedAsset = {
  id: 'a1', kind: 'server', keys: ['package:npm/@scope/x'], name: 'x', confidence: 90, evidence: [], sensors: ['process'], risks: [], hosts: ['laptop-7'],
  persons: ['ann'], clients: ['cursor'], firstSeenAt: NOW, lastSeenAt: NOW, status: 'rogue', servers: [], why: [],
};

function schemaOf(name: string): JsonObject {
  const value: JsonObject = JSON.parse(readFileSync(join(import.meta.dir, `../../test/fixtures/cyclonedx-1.6/${name}.json`), 'utf8'));
  return value;
}

function running(id: string, runs: Runs, keys: readonly string[]): JudgedAsset {
  return { ...ASSET, id, runs, keys };
}

test('[inventory-export] an inventory is a document as the published schema has it', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false });
  for (const name of ['spdx', 'jsf']) ajv.addSchema(schemaOf(name));
  const validate = ajv.compile(schemaOf('schema'));
  const document = toCycloneDx([
    running('a1', { kind: 'package', ecosystem: 'npm', name: '@scope/x', version: '1.2.3' }, ['package:npm/@scope/x']),
    running('a2', { kind: 'package', ecosystem: 'oci', name: 'registry.example/mcp/fetch', version: '1.0' }, ['package:oci/registry.example/mcp/fetch']),
    running('a3', { kind: 'program', program: 'node', script: '/opt/x.js' }, ['program:laptop-7!/opt/x.js']),
    { ...running('a4', { kind: 'remote', url: 'https://a.example/mcp' }, ['url:https://a.example/mcp']), risks: ['no-auth'] },
    { ...ASSET, id: 'a5', kind: 'client', keys: ['client:cursor!laptop-7!ann'], name: 'cursor' },
    { ...ASSET, id: 'a6', kind: 'person', keys: ['person:ann'], name: 'ann' },
    { ...ASSET, id: 'a7', keys: ['url:laptop-7!http://127.0.0.1:3000/mcp'] },
  ], NOW);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  validate({ ...document, components: [{ type: 'server', name: 'x' }] });
  expect(validate.errors).not.toBeNull();
  expect(objects(document['components']).map((one) => text(one['purl']))).toEqual([
    'pkg:npm/%40scope/x@1.2.3', 'pkg:docker/registry.example/mcp/fetch@1.0', '', '',
  ]);
  expect(objects(document['services']).map((one) => [text(one['bom-ref']), text(one['endpoints']), text(one['authenticated'])])).toEqual([
    ['a4', 'https://a.example/mcp', 'false'], ['a7', 'http://127.0.0.1:3000/mcp', ''],
  ]);
  expect(JSON.stringify(part(document, 'components'))).not.toContain('"ann"');
});
