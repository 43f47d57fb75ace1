import { afterAll, afterEach, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginSettings } from '../domain/detect.ts';
import { FACETS, type Subject } from '../domain/detector.ts';
import { LIMITS } from '../domain/limits.ts';
import { createPlugin } from './plugin.ts';

/* Detectors of one's own: the example that ships, and such as loop, grow, break, lie or are another file. */

const folder = mkdtempSync('/tmp/sp-plugin-');
const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
let files = 0;

function plugin(code: string, change: Partial<PluginSettings> = {}): ReturnType<typeof createPlugin> {
  files += 1;
  const module = join(folder, `${files}.js`);
  writeFileSync(module, code);
  const made = createPlugin({
    id: 'own', module, sha256: digestOf(code), facets: FACETS, timeoutMs: 2_000, memoryBytesMax: 256 * 1024 ** 2, onFailure: 'refuse', ...change,
  });
  open.push(made);
  return made;
}

const saying = (text: string): Subject => ({ facet: 'argument', json: { text }, at: '/params/arguments', server: 'crm', name: 'find' });
const FAILED = { findings: [], incomplete: expect.objectContaining({ detector: 'inspect', rule: 'detector-failed', seen: 'plugin own' }) };

const says = (words: string): string => `export const detect = () => (${words});`;

test('the example finds what it is for, in place, and nothing else; facets that it is not for are not shown to it', async () => {
  const { beside } = plugin(readFileSync(join(import.meta.dir, '../../docs/plugins/ticket-numbers.js'), 'utf8'), { facets: ['argument'] });
  expect(await beside(saying('see ACME-4711'), [])).toEqual({ findings: [{
    detector: 'plugin', rule: 'low', severity: 'low', at: ['/params/arguments/text'], seen: 'own: ticket-number', labels: { confidentiality: 'internal' },
  }] });
  expect(await beside(saying('see ACME-x'), [])).toEqual({ findings: [] });
  expect(await beside({ ...saying('ACME-4711'), facet: 'result' }, [])).toEqual({ findings: [] });
});

test('another file than the one of the digest is not run; nor one that is none, exports nothing, or imports its neighbours', async () => {
  const marker = join(folder, 'ran');
  const code = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(marker)}, ''); export const detect = () => [];`;
  expect(await plugin(code, { sha256: digestOf('other') }).beside(saying('x'), [])).toEqual(FAILED);
  expect(() => readFileSync(marker)).toThrow();
  for (const broken of ['export const other = 1;', 'syntax error', "import './1.js'; export const detect = () => [];"]) {
    expect(await plugin(broken).beside(saying('x'), [])).toEqual(FAILED);
  }
  expect(await plugin('export const detect = () => [];', { module: join(folder, 'none.js') }).beside(saying('x'), [])).toEqual(FAILED);
  expect(await plugin(code).beside(saying('x'), [])).toEqual({ findings: [] });
  expect(readFileSync(marker, 'utf8')).toBe('');
});

test('one that loops is ended at its time, and the message has failed; the thread after it starts after a pause', async () => {
  const { beside } = plugin('export const detect = ({ json }) => { if (json.text === "loop") for (;;); return []; };', { timeoutMs: 100 });
  expect(await beside(saying('x'), [])).toEqual({ findings: [] });
  expect(await Promise.all([beside(saying('loop'), []), beside(saying('y'), [])])).toEqual([FAILED, FAILED]);
  await Bun.sleep(LIMITS.pluginBackoffMs + 50);
  expect(await beside(saying('z'), [])).toEqual({ findings: [] });
});

test('one that takes too much memory is ended, at once or when it has answered', async () => {
  const grows = 'const kept = []; export const detect = () => { for (;;) kept.push(new Array(1e6).fill(kept.length)); };';
  expect(await plugin(grows, { memoryBytesMax: 64 * 1024 ** 2, timeoutMs: 5_000 }).beside(saying('x'), [])).toEqual(FAILED);
  const keeps = 'const kept = []; export const detect = () => { kept.push(...Array.from({ length: 3e5 }, (_, at) => ({ at }))); return []; };';
  const { beside } = plugin(keeps, { memoryBytesMax: 16 * 1024 ** 2 });
  // When a runtime collects, and so counts, is its own business.
  let answer: Awaited<ReturnType<typeof beside>> | undefined;
  for (let n = 0; n < 40 && answer?.incomplete === undefined; n += 1) answer = await beside(saying('x'), []);
  expect(answer).toEqual(FAILED);
});

test('one that throws, ends its thread, or says what it may not has failed; permitted, that is a finding', async () => {
  const ends = 'export const detect = ({ json }) => { if (json.text === "end") process.exit(0); return []; };';
  expect(await plugin(ends).beside(saying('end'), [])).toEqual(FAILED);
  for (const words of [
    '{}', 'null', '1n', '[1]', '[{}]', '[{ severity: "worst" }]', '[{ severity: "low", at: ["/other"] }]',
    '[{ severity: "low", seen: "what the message says" }]',
    '[{ severity: "low", labels: { integrity: "trusted" } }]', '[{ severity: "low", labels: { categories: ["x"] } }]', '[{ severity: "low", rule: "x" }]',
    'Array.from({ length: 33 }, () => ({ severity: "low" }))', '(() => { throw new Error("no"); })()',
  ]) expect([words, await plugin(says(words)).beside(saying('x'), [])]).toEqual([words, FAILED]);
  expect(await plugin(says('{}'), { onFailure: 'permit' }).beside(saying('x'), [])).toEqual({
    findings: [{ detector: 'inspect', rule: 'failure-permitted', severity: 'low', at: ['/params/arguments'], seen: 'plugin own' }],
  });
});

test('so many messages wait for it, and no more; nothing of the environment is in its own', async () => {
  const { beside } = plugin('export const detect = async () => { await new Promise((go) => setTimeout(go, 1)); return []; };');
  const all = await Promise.all(Array.from({ length: LIMITS.pluginQueueMax + 1 }, () => beside(saying('x'), [])));
  expect(all.filter(({ incomplete }) => incomplete !== undefined)).toHaveLength(1);
  const env = plugin('export const detect = () => (process.env.PATH === undefined ? [] : [{ severity: "high" }]);');
  expect(await env.beside(saying('x'), [])).toEqual({ findings: [] });
});

test('one that is closed while its thread starts leaves no thread behind', async () => {
  const marker = join(folder, 'alive');
  const made = plugin(`import { writeFileSync } from 'node:fs'; let n = 0;
setInterval(() => writeFileSync(${JSON.stringify(marker)}, String(n += 1)), 5); export const detect = () => [];`);
  const asked = made.beside(saying('x'), []);
  await Bun.sleep(0);
  made.close();
  expect(await asked).toEqual(FAILED);
  await Bun.sleep(50);
  const beats = existsSync(marker) ? readFileSync(marker, 'utf8') : '';
  await Bun.sleep(50);
  expect(existsSync(marker) ? readFileSync(marker, 'utf8') : '').toBe(beats);
});
