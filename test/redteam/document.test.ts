import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DETECTOR_INFO } from '../../src/detect/table.ts';
import { DEFAULT_NAMES } from '../../src/policy/defaults/table.ts';
import { CONTROLS } from '../../src/redteam/control-table.ts';
import { readScenarios } from '../../src/redteam/read.ts';
import { nameOfTechnique } from '../../src/redteam/taxonomy/techniques.ts';
import { parseManifestText } from '../../src/registry/manifest-text.ts';
import { coverage, PAGE } from './document.ts';
import { SHIPPED } from './rehearsing.ts';

test('the page about coverage says what the scenarios say: otherwise run bun test/redteam/document.ts', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(coverage(SHIPPED));
});

test('every technique that a detector names is one of a published list, and is tried', () => {
  const named = Object.values(DETECTOR_INFO).flatMap(({ rules }) => Object.values(rules)).flatMap(({ catalogues }): readonly string[] => catalogues);
  const tried = new Set(SHIPPED.flatMap(({ techniques }) => techniques));
  expect(named.filter((id) => nameOfTechnique(id) === undefined)).toEqual([]);
  expect([...new Set(named)].filter((id) => !tried.has(id))).toEqual([]);
});

test('every policy that ships and every detector is a control that is tried', () => {
  const known = new Set(CONTROLS.map(({ id }) => id));
  expect(DEFAULT_NAMES.filter((name) => !known.has(name))).toEqual([]);
  expect(Object.keys(DETECTOR_INFO).filter((name) => !known.has(`sees-${name}`))).toEqual([]);
});

test('the example of the page about scenarios is one, and its mistakes are told with their place', () => {
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(readFileSync(join(dirname(PAGE), 'red-team-scenarios.md'), 'utf8')) ?? [];
  expect(read(example)).toMatchObject([{ id: 'ticket-asks-for-the-price-list' }]);
  expect(() => read(example.replace('untrusted-destination', 'luck'))).toThrow(/mine\.yaml:9:\d+: scenarios\.0\.by\.0 luck is not known/);
});

function read(text: string): unknown {
  return readScenarios(parseManifestText(text, 'mine.yaml'));
}
