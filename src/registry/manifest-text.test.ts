import { expect, test } from 'bun:test';
import { parseManifestText } from './manifest-text.ts';

function complaintOf(text: string): string {
  try {
    parseManifestText(text, 'x.yaml');
    return 'accepted';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

test('what a stranger wrote costs no more than its length: nesting is bounded, and keys are not compared each with each', () => {
  for (const text of ['['.repeat(5_000), '{a: '.repeat(5_000), '- '.repeat(5_000), '? '.repeat(5_000)]) {
    expect(complaintOf(text)).toBe('x.yaml:1:1: the file has more than 100 lists and maps in each other');
  }
  expect(parseManifestText('['.repeat(90) + ']'.repeat(90), 'x.yaml').value).toBeArray();
  // Compared each with each these are minutes.
  const many = Array.from({ length: 30_000 }, (_, at) => `k${at}: 1`).join('\n');
  expect(Object.keys(parseManifestText(many, 'x.yaml').value ?? {})).toHaveLength(30_000);
});

test('a key stands once, and a file is one document', () => {
  expect(complaintOf('a: 1\nb: { c: 1, "c": 2 }\n')).toBe('x.yaml:2:12: Map keys must be unique');
  expect(complaintOf('a: 1\n---\na: 2\n')).toContain('more than one document');
  expect(parseManifestText('', 'x.yaml').value).toBeNull();
});
