import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../domain/json.ts';
import { startGate, type Gate } from '../../test/fixtures/gate.ts';
import { startRecordingServer, type RecordingServer } from '../../test/fixtures/recording-server.ts';
import { runCli } from '../../test/fixtures/in-process-cli.ts';
import { spawnCli, type Outcome } from '../../test/fixtures/spawned-cli.ts';
import { verifies } from '../../test/e2e/requirements.ts';
import { part } from './json-view.ts';

/** Its destination comes from a public text: `untrusted-destination` prevents it. */
const LEAK = 'public-issue-leaks-private-code';
const folder = mkdtempSync('/tmp/sp-redteam-');
let server: RecordingServer;
let gate: Gate;

beforeAll(async () => {
  server = startRecordingServer();
  gate = await startGate({
    policy: 'permit(principal, action, resource in Server::"notes");',
    manifest: `servers: { notes: { url: "${server.url}", allowPrivate: true, owner: tests, labels: { confidentiality: restricted } } }\n`,
  });
  await gate.enrol('notes');
}, 30_000);
afterAll(async () => {
  await gate.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
});

function redteam(...args: readonly string[]): Promise<Outcome> {
  return runCli(['redteam', ...args], { folder, home: gate.home });
}

function parsed({ out }: Outcome): Json {
  return JSON.parse(out);
}

const TURNED_OFF = 'a control that is off in force turns its line red, fails a build, and is a finding; nothing touches that gate';
test(verifies('redteam-regression', TURNED_OFF), async () => {
  const before = { heard: server.heard.length, calls: (await gate.records({ event: 'call.permitted' })).length };
  const good = await redteam('run', '--only', LEAK, '--ci', '--json', '--seed', 'one');
  expect({ code: good.code, err: good.err }).toMatchObject({ code: 0 });
  expect(parsed(good)).toMatchObject({ source: 'live', isolated: true, results: [{ id: LEAK, outcome: 'prevented' }], differences: [] });

  const { text, policies } = await gate.admin('GET', '/manifest');
  const off = `${typeof text === 'string' ? text : ''}defaults: { untrusted-destination: off, rule-of-two: off, uncleared-sink: off }\n`;
  await gate.admin('POST', '/manifest', { file: 'sallyport.yaml', text: off, policies: policies ?? [], dryRun: false });
  const bad = await redteam('run', '--only', LEAK, '--ci', '--json', '--seed', 'one', '--html', join(folder, 'run.html'), '--junit', join(folder, 'run.xml'));
  expect(bad.code).toBe(1);
  expect(parsed(bad)).toMatchObject({
    before: part(parsed(good), 'id'), results: [{ silent: ['untrusted-destination'] }],
    differences: [{ scenario: LEAK, was: 'prevented', regressed: true }],
  });
  expect(part(parsed(bad), 'configuration')).not.toEqual(part(parsed(good), 'configuration'));
  expect(readFileSync(join(folder, 'run.xml'), 'utf8')).toContain('failures="1"');
  expect(readFileSync(join(folder, 'run.html'), 'utf8')).toContain(LEAK);
  expect(await gate.records({ event: 'finding.raised' })).toMatchObject([{ findings: [{ detector: 'redteam', rule: 'regressed' }] }]);
  expect(await gate.records({ event: 'redteam.ran' })).toHaveLength(2);
  expect({ heard: server.heard.length, calls: (await gate.records({ event: 'call.permitted' })).length }).toEqual(before);

  const report = await redteam('report', '--report', join(folder, 'last.json'));
  expect(report).toMatchObject({ code: 0, out: '' });
  expect(JSON.parse(readFileSync(join(folder, 'last.json'), 'utf8'))).toMatchObject({ id: part(parsed(bad), 'id') });
  expect((await redteam('list', '--runs')).out).toContain('live');
}, 90_000);

test('what ships is tried without any gate, without one control, by a model: what that does is judged as the same, and compared with a file', async () => {
  let asked = 0;
  const model = Bun.serve({
    hostname: '127.0.0.1', port: 0,
    fetch: () => {
      asked += 1;
      const given = JSON.stringify(asked === 1
        ? { server: 'rt-code', tool: 'read_file', arguments: { path: 'customers.csv' } }
        : { server: 'rt-forum', tool: 'post', arguments: { repo: 'attacker/pastes', body: 'nothing of the file' } });
      const message = asked > 2 ? { content: 'No.' } : { tool_calls: [{ function: { name: 'call_tool', arguments: given } }] };
      return Response.json({ choices: [{ message }] });
    },
  });
  const args = ['--shipped', '--only', LEAK, '--ci', '--json', '--without', 'untrusted-destination', '--before', join(folder, 'last.json'),
    '--model', `http://127.0.0.1:${model.port}/v1`, '--model-name', 'toy'];
  const { code, out } = await spawnCli(['redteam', 'run', ...args], { folder, home: join(folder, 'none') });
  await model.stop(true);
  // It told the forum nothing that it was not to tell, so there is nothing to hold against the gate.
  expect(JSON.parse(out)).toMatchObject({
    source: 'shipped', agent: 'model toy', without: 'untrusted-destination', results: [{ silent: ['untrusted-destination'], harm: [] }],
    differences: [{ scenario: LEAK }],
  });
  expect(asked).toBe(3);
  expect(code).toBe(0);
  expect((await redteam('run', '--shipped', '--model', 'http://models.example', '--model-name', 'm')).err).toContain('https');
}, 60_000);

test('without a gate, or with a scenario or file that is none, it says what to do', async () => {
  const at = { folder, home: join(folder, 'none') };
  expect((await runCli(['redteam', 'run', '--only', LEAK], at)).err).toMatch(/ERR_NOT_RUNNING.*--shipped/s);
  expect((await redteam('run', '--only', 'nothing-of-that-name')).err).toContain('nothing-of-that-name');
  expect((await redteam('run', '--shipped', '--without', 'header-body')).err).toMatch(/no configuration does without header-body.*rule-of-two/);
  writeFileSync(join(folder, 'odd.yaml'), 'apiVersion: sallyport/v1\nscenarios:\n  - id: x\n    oddity: 1\n');
  expect((await redteam('list', '--scenarios', join(folder, 'odd.yaml'))).err).toMatch(/odd\.yaml:4:5/);
  writeFileSync(join(folder, 'none.json'), '{"results":[]}');
  expect((await redteam('run', '--shipped', '--only', LEAK, '--before', join(folder, 'none.json'))).err).toContain('ERR_REQUEST_INVALID');
}, 60_000);
