import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openCommitments } from '../../src/audit/commit.ts';
import { createDataKeys } from '../../src/audit/data-keys.ts';
import type { AccessRequest } from '../../src/domain/decision.ts';
import type { Exchange } from '../../src/domain/exchange.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { ResultMessage } from '../../src/domain/message.ts';
import { UNDERIVED } from '../../src/domain/provenance.ts';
import type { AuditSettings } from '../../src/domain/retention.ts';
import type { Tool } from '../../src/domain/server.ts';
import { enforce } from '../../src/gateway/enforce.ts';
import { openTrail, type TrailOptions } from '../../src/gateway/trail.ts';
import { makeIdentity, recipientOf } from '../../src/vault/identity.ts';
import { exchangeOf, MODERN, requestOf } from '../../test/fixtures/upstream-exchange.ts';
import { median } from '../figures.ts';
import type { Figure } from '../figures.ts';
import type { Bench } from '../targets/target.ts';

const ROUNDS = 7;
const CALLS = 4_000;
const ARGUMENTS: JsonObject = { to: 'ann@corp.example', subject: 'the renewal', body: 'x'.repeat(400), urgent: true, cc: ['bob@corp.example'] };

/** What making a call's two records costs the gateway: fields, shape, digest, redaction, sealing and their text; without the way to the ledger. */
export async function measureRecords(bench: Bench): Promise<Figure[]> {
  mkdirSync(bench.folder, { recursive: true });
  const folder = mkdtempSync(join(bench.folder, 'r-'));
  const commitments = openCommitments(join(folder, 'salts'));
  let bytes = 0;
  const journal: TrailOptions['journal'] = {
    append: async (record, body) => (bytes += JSON.stringify(record).length + (body === undefined ? 0 : JSON.stringify(body).length)),
  };
  const options: TrailOptions = {
    node: 'gateway', journal, floods: { refuse: async () => undefined }, now: Date.now, refused: () => undefined, commit: (data) => commitments.commit(data),
    keys: createDataKeys(journal, 'gateway'), telemetry: { begin: () => SILENT },
  };
  const kept = { none: 0, sealed: 30 } as const;
  const figures: Figure[] = [];
  for (const [name, bodyDays] of Object.entries(kept)) {
    const audit = await settingsOf(bodyDays);
    await calls(options, audit, CALLS);
    bytes = 0;
    const costs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) costs.push(await calls(options, audit, CALLS));
    const each = median(costs) / 2;
    figures.push({
      section: 'records', name: `CPU of making one record, payload ${name === 'none' ? 'not kept' : 'sealed'}`, value: each, unit: 'µs',
      target: '≤ 15 µs', met: each <= 15,
    });
    figures.push({ section: 'records', name: `its text, payload ${name === 'none' ? 'not kept' : 'sealed'}`, value: bytes / (ROUNDS * CALLS * 2), unit: 'B' });
  }
  rmSync(folder, { recursive: true });
  return figures;
}

/** µs of CPU for one call. */
async function calls(options: TrailOptions, audit: AuditSettings, count: number): Promise<number> {
  const exchange = callOf(audit);
  const request: AccessRequest = {
    principal: exchange.principal, action: 'call_tool', resource: exchange.call.resource,
    context: { arguments: ARGUMENTS, zone: 'internal', now: 0, drift: 'none', flow: LABELS, findings: [], provenance: UNDERIVED },
  };
  const before = process.cpuUsage();
  for (let index = 0; index < count; index += 1) {
    const message = requestOf('tools/call', { name: 'send', arguments: { ...ARGUMENTS } }, index, MODERN);
    const decision = { outcome: 'allow', policies: ['role:reader:group:support:0:tools'], obligations: [], errors: [], asked: [request] } as const;
    const permit = enforce(message, decision, false);
    const trail = openTrail(options, { address: '10.0.0.7', receivedAt: Date.now(), route: exchange.route });
    trail.calledBy(exchange.principal);
    const asked = { ...exchange, call: { ...exchange.call, arguments: { ...ARGUMENTS } } };
    trail.belongsTo(asked);
    await trail.decided({ message, exchange: asked, known: { findings: [] } }, permit);
    const answer: ResultMessage = { kind: 'result', from: 'server', revision: MODERN, id: index, result: { content: [{ type: 'text', text: 'sent' }] } };
    await trail.passed({ message: answer, verdict: permit, findings: [] });
    await trail.end();
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

const LABELS = { confidentiality: 'confidential', categories: ['pii'], integrity: 'trusted' } as const;

function callOf(audit: AuditSettings): Exchange {
  const exchange = exchangeOf({ transport: 'http', url: 'http://127.0.0.1:9', allowPrivate: true });
  const properties = Object.fromEntries(['to', 'cc', 'bcc', 'subject', 'body', 'urgent'].map((name) => [name, {}]));
  const tool: Tool = {
    kind: 'tool', name: 'send', digest: 'a'.repeat(64), definition: { inputSchema: { type: 'object', properties } }, effect: 'communicate', confirmed: true,
    labels: LABELS,
  };
  const resource = { ...exchange.call.resource, name: 'send', effect: 'communicate' } as const;
  return { ...exchange, tool, call: { ...exchange.call, resource, arguments: ARGUMENTS }, snapshot: { ...exchange.snapshot, audit } };
}

async function settingsOf(bodyDays: number): Promise<AuditSettings> {
  const recipient = await recipientOf(await makeIdentity());
  const epoch = new Date().toISOString().slice(0, 7);
  return {
    classes: [{ name: 'standard', region: 'local', recordDays: 400, bodyDays, results: false }], scorePeople: true,
    keys: [{ class: 'standard', region: 'local', epoch, recipient }],
  };
}

const IDS = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const QUIET = (): void => undefined;
/** Spans and metrics are measured on their own. */
const SILENT: ReturnType<TrailOptions['telemetry']['begin']> = {
  trace: { ids: IDS, sampled: false }, said: QUIET, known: QUIET, belongsTo: QUIET, answered: QUIET, failed: QUIET, end: QUIET,
};
