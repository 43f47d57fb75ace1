import { afterAll, beforeAll, expect, test } from 'bun:test';
import { parser } from '@prometheus-io/lezer-promql';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { startCrm, type Crm } from '../demo/crm.ts';
import { METRICS } from '../src/telemetry/catalogue.ts';
import { verifies } from './e2e/requirements.ts';
import { startGate, type Gate } from './fixtures/gate.ts';
import { callTool } from './fixtures/modern-call.ts';

const ROOT = join(import.meta.dir, '..', 'deploy');
/** What Grafana puts in before Prometheus sees it, and what Prometheus itself adds. */
const VARIABLES: readonly (readonly [RegExp, string])[] = [[/\$__rate_interval/g, '5m'], [/\$server/g, 'crm']];
const PROMETHEUS_OWN: ReadonlySet<string> = new Set(['up']);

const DASHBOARD = z.object({
  uid: z.string().regex(/^sallyport-/), title: z.string(), schemaVersion: z.int(),
  panels: z.array(z.object({
    id: z.int(), title: z.string().min(1), description: z.string().min(1), gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
    targets: z.array(z.object({ expr: z.string(), refId: z.string() })).min(1),
  })).min(1),
  templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.unknown() })) }),
});
const RULES = z.strictObject({
  groups: z.array(z.strictObject({
    name: z.string(),
    rules: z.array(z.strictObject({
      alert: z.string().regex(/^Sallyport[A-Za-z]+$/), expr: z.string(), for: z.string().regex(/^\d+[smhd]$/).exactOptional(),
      labels: z.strictObject({ severity: z.enum(['info', 'warning', 'critical']) }),
      annotations: z.strictObject({ summary: z.string().min(1), description: z.string().min(1) }),
    })).min(1),
  })),
});

interface Expression {
  readonly where: string;
  readonly text: string;
}

const dashboards = readdirSync(join(ROOT, 'grafana')).filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, 'grafana', name), 'utf8') }));
const rules = RULES.parse(parse(readFileSync(join(ROOT, 'prometheus', 'alerts.yaml'), 'utf8'))).groups.flatMap((group) => group.rules);

function expressions(): readonly Expression[] {
  const shown = dashboards.flatMap(({ name, text }) => DASHBOARD.parse(JSON.parse(text)).panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ where: `${name}: ${title}`, text: VARIABLES.reduce((whole, [from, to]) => whole.replace(from, to), expr) }))));
  return [...shown, ...rules.map(({ alert, expr }) => ({ where: `alerts.yaml: ${alert}`, text: expr }))];
}

/** What Prometheus' own grammar does not understand, and the names of the metrics and labels that it finds. */
function read(text: string): { readonly isSound: boolean; readonly metrics: readonly string[]; readonly labels: readonly string[] } {
  let isSound = true;
  const metrics: string[] = [];
  const labels: string[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) isSound = false;
      if (type.name === 'Identifier' || type.name === 'MetricIdentifier') metrics.push(text.slice(from, to));
      if (type.name === 'LabelName') labels.push(text.slice(from, to));
    },
  });
  return { isSound, metrics: [...new Set(metrics)], labels: [...new Set(labels)] };
}

let crm: Crm;
let gate: Gate;
/** Names that a running gate really shows. */
const exposed = new Set<string>();

beforeAll(async () => {
  crm = startCrm();
  gate = await startGate({
    policy: 'permit(principal in Group::"testers", action, resource);',
    manifest: `servers:\n  crm: { url: "${crm.url}", allowPrivate: true, owner: tests }\ntelemetry: { metrics: "127.0.0.1:0" }\n`,
  });
  await gate.enrol('crm');
  await callTool(`${gate.url}/mcp/crm`, await gate.token(), 'search_contacts', { query: 'ada' });
  for (const role of ['gateway', 'control', 'ledger', 'runner', 'egress']) {
    const text = await (await fetch(readFileSync(join(gate.home, 'run', role, 'metrics.url'), 'utf8').trim())).text();
    for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      for (const each of type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]) exposed.add(each);
    }
  }
}, 60_000);

afterAll(async () => {
  await gate.stop();
  await crm.stop();
}, 30_000);

test(verifies('telemetry-metrics', 'every expression of dashboards and rules is PromQL'), () => {
  const all = expressions();
  expect(all.length).toBeGreaterThan(50);
  expect(all.filter(({ text }) => !read(text).isSound)).toEqual([]);
  expect(read('sum by (x) (rate(y[5m])').isSound).toBe(false);
});

test(verifies('telemetry-metrics', 'every metric that a dashboard or a rule names is one that a running gate shows'), () => {
  const missing = expressions().flatMap(({ where, text }) =>
    read(text).metrics.filter((name) => !exposed.has(name) && !PROMETHEUS_OWN.has(name)).map((name) => `${where}: ${name}`));
  expect(missing).toEqual([]);
  expect(read('sum(sallyport_nothing_total)').metrics).toEqual(['sallyport_nothing_total']);
});

test(verifies('telemetry-metrics', 'every metric that a running gate shows is on a dashboard'), () => {
  const shown = new Set(expressions().flatMap(({ text }) => read(text).metrics.map((name) => name.replace(/_(bucket|sum|count)$/, ''))));
  const names = [...exposed].map((name) => name.replace(/_(bucket|sum|count)$/, '')).filter((name) => name !== 'process_start_time_seconds');
  expect([...new Set(names)].filter((name) => !shown.has(name))).toEqual([]);
});

/** What Prometheus, or an expression itself, adds to the labels of a metric. */
const OTHER_LABELS: readonly string[] = ['le', 'job', 'instance'];

test(verifies('telemetry-metrics', 'every label that an expression names is one of the metrics\''), () => {
  const known = new Set([...OTHER_LABELS, ...Object.values(METRICS).flatMap(({ labels }) => labels)]);
  expect(expressions().flatMap(({ where, text }) => read(text).labels.filter((label) => !known.has(label)).map((label) => `${where}: ${label}`))).toEqual([]);
  expect(read('sum by (principal) (sallyport_denials_total{code="x"})').labels).toEqual(['principal', 'code']);
});

test('panels of a dashboard have their own ids and places', () => {
  for (const { name, text } of dashboards) {
    const { panels } = DASHBOARD.parse(JSON.parse(text));
    expect([name, new Set(panels.map(({ id }) => id)).size]).toEqual([name, panels.length]);
    expect([name, new Set(panels.map(({ gridPos: { x, y } }) => `${x},${y}`)).size]).toEqual([name, panels.length]);
    for (const { gridPos: { x, w } } of panels) expect(x + w).toBeLessThanOrEqual(24);
  }
});

test('rules have names of their own, and the documentation tells of each', () => {
  const names = rules.map(({ alert }) => alert);
  expect(new Set(names).size).toBe(names.length);
  const told = readFileSync(join(ROOT, '..', 'docs', 'audit', 'telemetry.md'), 'utf8');
  expect(names.filter((name) => !told.includes(name))).toEqual([]);
  expect([...exposed].map((name) => name.replace(/_(bucket|sum|count)$/, '')).filter((name) => !told.includes(name))).toEqual([]);
});
