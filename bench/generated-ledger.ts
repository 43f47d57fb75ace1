import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { restOf, sealHead, writerFields } from '../src/audit/entry.ts';
import { LineBatch } from '../src/audit/line.ts';
import { segmentFile, segmentsDir } from '../src/audit/segments.ts';
import type { JournalRecord } from '../src/domain/record.ts';

const SEGMENT_BYTES = 64 * 1024 * 1024;
const BATCH = 1_000;
/** Contexts that are active at a time, and after how many calls one of them makes room for a new one, if nothing else is said. */
const ACTIVE = 500;
const CALLS_EACH = 250;
const SERVERS = 20;
const TOOLS = 40;

/** What was generated, for questions about it. */
export interface GeneratedLedger {
  readonly records: number;
  readonly bytes: number;
  readonly end: { readonly first: number; readonly bytes: number; readonly position: number };
  readonly startedAt: number;
  readonly endedAt: number;
  /** The nth context, and how many there are. */
  readonly contexts: number;
  context(nth: number): string;
}

/** Lines as the ledger writes them, without the work of a gate: calls of a few hundred agents at a time, some denied, some with findings. */
export function generateLedger(dir: string, records: number, endedAt: number, callsEach = CALLS_EACH): GeneratedLedger {
  mkdirSync(segmentsDir(dir), { recursive: true, mode: 0o700 });
  const startedAt = endedAt - records * 100;
  const writer = writerFields({ role: 'gateway', node: 'gateway', incarnation: Bun.randomUUIDv7() });
  const batch = new LineBatch();
  let segment = begin(dir, 0, startedAt);
  let bytes = 0;
  let previous: JournalRecord | undefined;
  for (let position = 0; position < records;) {
    for (let index = 0; index < BATCH && position < records; index += 1, position += 1) {
      previous = recordAt(position, startedAt + position * 100, previous, callsEach);
      batch.add(restOf(position, writer, undefined, JSON.stringify(previous)));
    }
    writeSync(segment.fd, batch.bytes);
    segment.bytes += batch.bytes.length;
    bytes += batch.bytes.length;
    batch.clear();
    if (segment.bytes < SEGMENT_BYTES || position >= records) continue;
    closeSync(segment.fd);
    segment = begin(dir, position, startedAt + position * 100);
  }
  closeSync(segment.fd);
  const contexts = Math.floor((records >> 1) / callsEach) + ACTIVE;
  return { records, bytes, end: { first: segment.first, bytes: segment.bytes, position: records }, startedAt, endedAt, contexts, context };
}

interface Segment {
  readonly fd: number;
  readonly first: number;
  bytes: number;
}

function begin(dir: string, first: number, createdAt: number): Segment {
  const fd = openSync(segmentFile(dir, first), 'wx', 0o600);
  const head = sealHead({ first, createdAt, root: '', standing: {} });
  writeSync(fd, head);
  return { fd, first, bytes: head.length };
}

/** Two records a call; every 50th is denied, every 200th has a finding. `previous`: the record before, which every second one closes. */
export function recordAt(position: number, at: number, previous: JournalRecord | undefined, callsEach: number): JournalRecord {
  const call = position >> 1;
  const mix = (Math.imul(call, 0x9e37_79b1) ^ (Math.imul(call, 0x85eb_ca6b) >>> 13)) >>> 0;
  if (position % 2 === 1 && previous !== undefined) return closing(previous, at, mix);
  const nth = contextIndex(call, callsEach);
  const server = `server-${mix % SERVERS}`;
  const denied = call % 50 === 7;
  return {
    id: uuid(at, position), at, category: 'access', event: denied ? 'call.denied' : 'call.permitted', node: 'gateway', space: 'default',
    exchange: uuid(at, position + 1), context: context(nth), principal: `https://idp.example|person-${nth % 4_000}`, principalKind: 'person',
    agent: `agent-${nth % 200}`, client: { name: 'desk', version: '4.1.0' }, address: `10.0.${nth % 32}.${nth % 250}`, route: `server:${server}`,
    revision: '2026-07-28', method: 'tools/call', action: 'call_tool', server, tool: `tool_${(mix >> 8) % TOOLS}`,
    definition: `sha256-${server}-${(mix >> 8) % TOOLS}`, effect: mix % 7 === 0 ? 'write' : 'read',
      digest: '2026-11-23.4fJr0yZb7SSyq7kJtQ0Zc3mZ6H0cUyVfVQ0aYgQk0Zs',
    sizeBytes: 100 + (mix % 2_000), labels: { confidentiality: 'internal', categories: ['pii'], integrity: 'trusted' }, snapshot: 7,
    policies: denied ? ['no-leak'] : [`role-${mix % 12}`], latencyMs: mix % 4,
    ...(denied ? { code: 'ERR_POLICY_DENIED' } : {}),
    ...(call % 200 === 3 ? { findings: [{ detector: 'anomaly', rule: 'first-use', severity: 'medium' as const, at: [] }] } : {}),
  };
}

function closing(opened: JournalRecord, at: number, mix: number): JournalRecord {
  const { code: _code, findings: _findings, ...rest } = opened;
  return { ...rest, id: uuid(at, mix), at, category: 'execution', event: 'result.delivered', sizeBytes: 500 + (mix % 20_000), latencyMs: 20 + (mix % 400) };
}

/** Which context makes the nth call: one of those that are active at that time. */
function contextIndex(call: number, callsEach: number): number {
  return Math.floor(call / callsEach) + ((call * 7_919) % ACTIVE);
}

function context(nth: number): string {
  return new Bun.CryptoHasher('sha256').update(`context-${nth}`).digest('hex').slice(0, 32);
}

/** UUIDv7 of a time; the rest says only which of them it is. */
function uuid(at: number, nth: number): string {
  const time = at.toString(16).padStart(12, '0');
  const rest = ((nth * 2_246_822_519) % 4_294_967_296).toString(16).padStart(8, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest}${(nth % 65_536).toString(16).padStart(4, '0')}`;
}
