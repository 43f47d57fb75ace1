import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../../src/cli/policy.ts';
import type { Json } from '../../src/domain/json.ts';
import { analyseManifest } from '../../src/control/policies/analysed.ts';
import type { Analysis } from '../../src/control/policies/analyse.ts';
import { DEMO_POLICY, demoManifest } from '../../demo/manifest.ts';
import { verifies } from './requirements.ts';

const NOWHERE = 'http://127.0.0.1:9/mcp';
const DEMO = demoManifest({ crm: NOWHERE, web: NOWHERE, mail: NOWHERE, translate: NOWHERE }, '/tmp/nothing');
const analysed = (text: string, policy: string): Promise<Analysis> =>
  analyseManifest({ file: 'sallyport.yaml', text, policies: [{ file: 'demo.cedar', text: policy }] }, Date.now());

test(verifies('policy-analysed', 'the one that is planted among the demo\'s agents is found, with its cut; with any of its cuts there is none'), async () => {
  const { paths, tools } = await analysed(DEMO, DEMO_POLICY);
  expect(tools).toBeGreaterThan(10);
  expect(new Set(paths.flatMap(({ groups }) => groups))).toEqual(new Set(['outreach']));
  const [path] = paths;
  expect(path).toMatchObject({
    rule: 'leak', untrusted: ['everything/echo', 'everything/get-sum'], sensitive: ['crm/search_contacts', 'crm/send_quote'], effects: ['crm/send_quote'],
    cut: { kind: 'forbid', tools: ['crm/send_quote'] },
  });
  for (const { text } of [path?.cut, ...(path?.alternatives ?? [])].flatMap((cut) => (cut === undefined ? [] : [cut]))) {
    expect((await analysed(DEMO, `${DEMO_POLICY}${text}`)).paths).toEqual([]);
  }
  // It says nothing of where its quotes go, so that what follows contexts doesn't stand in its way.
  expect(path?.alternatives.map(({ kind }) => kind)).toEqual(['approve', 'forbid', 'forbid']);
}, 30_000);

const SERVERS = `apiVersion: sallyport/v1
servers:
  inbox: { url: "https://inbox.example/mcp", owner: o, labels: { confidentiality: public, integrity: untrusted }, tools: { read: { effect: read } } }
  vault: { url: "https://vault.example/mcp", owner: o, labels: { confidentiality: restricted, integrity: trusted }, tools: { read: { effect: read } } }
  out: { url: "https://out.example/mcp", owner: o, labels: { confidentiality: public, integrity: trusted },
    tools: { send: { effect: communicate }, wipe: { effect: destroy } } }
policies: [p.cedar]
`;
const ALL = '@id("all") permit(principal, action, resource);';

test('policy that stands in a path is a cut, whatever it is made of; what can be slipped by is none', async () => {
  const both = await analysed(SERVERS, ALL);
  expect(both.paths.map(({ rule }) => rule)).toEqual(['leak', 'damage']);
  const none = async (policy: string): Promise<number> => (await analysed(SERVERS, `${ALL}${policy}`)).paths.length;
  const on = 'forbid(principal, action == Action::"call_tool", resource in Server::"out")';
  // A person in between, a flow that is followed, a forbid: cuts.
  expect(await none(`@approve("owner") ${on};`)).toBe(0);
  expect(await none(`${on} when { context.contextIntegrity == "untrusted" };`)).toBe(0);
  // Where it goes is one for a tool that says it; another goes where it goes.
  const towards = `${on} when { context.destinations == "untrusted" };`;
  expect(await none(towards)).toBe(2);
  const named = SERVERS.replace('effect: communicate', 'effect: communicate, flow: { destinations: [to] }')
    .replace('effect: destroy', 'effect: destroy, flow: { destinations: [path] }');
  const withFlows = (flows: string): Promise<Analysis> => analysed(`${named}defaults: { ${flows} }\n`, ALL);
  expect((await withFlows('untrusted-destination: on')).paths).toEqual([]);
  const off = await withFlows('untrusted-destination: off, rule-of-two: off, uncleared-sink: off');
  expect(off.paths.flatMap(({ alternatives }) => alternatives).filter(({ kind }) => kind === 'flow')).toContainEqual({
    kind: 'flow', tools: [], text: 'defaults: { untrusted-destination: on }\n',
  });
  // Not what counts, what arguments or the hour decide, or what only watches.
  expect(await none(`@limit("3/h") ${on};`)).toBe(2);
  expect(await none(`${on} when { context.hour < 6 };`)).toBe(2);
  expect(await none(`@only("shadow") ${on};`)).toBe(2);
  expect(await none(`${on} when { context.findings.contains("secrets/token") };`)).toBe(2);
  // Only the one of the two that it is about.
  expect(await none(`${on} when { context.contextConfidentiality == "restricted" };`)).toBe(1);
  // Who read what is confidential reads no stranger's text any more, nor the other way round.
  const after = 'forbid(principal, action == Action::"call_tool", resource == Tool::';
  const apart = `${after}"inbox/read") when { context.contextConfidentiality == "restricted" };
    ${after}"vault/read") when { context.contextIntegrity == "untrusted" };`;
  expect((await analysed(SERVERS, `${ALL}${apart}`)).paths.map(({ rule }) => rule)).toEqual(['damage']);
}, 30_000);

const agents = (allow: string): string => `${SERVERS}agents:
  desk: { owner: o@example.com, purpose: tests, allow: ${allow}, expires: 2027-06-01 }\n`;

test('the ceiling of an agent is a cut', async () => {
  expect((await analysed(agents('"*"'), ALL)).paths.map(({ agent }) => agent)).toEqual(['desk', 'desk']);
  expect((await analysed(agents('[{ server: inbox, effects: [read] }, { server: vault, effects: [read] }]'), ALL)).paths).toEqual([]);
}, 30_000);

test('the command says so in words, pictures, JSON and its exit code, without a running control', async () => {
  const folder = mkdtempSync('/tmp/sp-analyse-');
  try {
    writeFileSync(join(folder, 'sallyport.yaml'), SERVERS);
    writeFileSync(join(folder, 'p.cedar'), ALL);
    const run = async (...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> => {
      let out = '';
      const io = {
        env: {}, cwd: folder, interactive: false, signal: new AbortController().signal, confirm: () => Promise.resolve(false),
        out: (words: string) => void (out += words), note: () => undefined,
      };
      return { code: await command.run(['analyse', '-f', join(folder, 'sallyport.yaml'), ...args], io), out };
    };
    const told = await run();
    expect(told.code).toBe(3);
    expect(told.out).toContain('forbid (principal, action == Action::"call_tool", resource == Tool::"');
    const json: Json = JSON.parse((await run('--json')).out);
    expect(json).toMatchObject({ paths: [{ rule: 'leak' }, { rule: 'damage' }] });
    expect((await run('--graph', 'svg')).out).toMatch(/^<svg [^]*cut here[^]*<\/svg>\n$/);
    expect((await run('--graph', 'dot')).out).toMatch(/^digraph paths \{[^]*cut here[^]*\}\n$/);
    writeFileSync(join(folder, 'p.cedar'), `${ALL} forbid(principal, action == Action::"call_tool", resource in Server::"out");`);
    expect((await run()).code).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 30_000);
