import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exchangeOf } from '../../test/fixtures/upstream-exchange.ts';
import { createPresence } from '../../src/control/contexts/presence.ts';
import { visitContext } from '../../src/control/contexts/visit.ts';
import type { Exchange } from '../../src/domain/exchange.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { LIMITS } from '../../src/domain/limits.ts';
import type { Message } from '../../src/domain/message.ts';
import { createFlowContexts, type FlowContexts } from '../../src/flow/keeper.ts';
import { draftsOf } from '../../src/flow/provenance/entry.ts';
import { flowKeyOf } from '../../src/flow/provenance/key.ts';
import { createMemory } from '../../src/flow/provenance/memory.ts';
import { openStore } from '../../src/store/open.ts';
import type { Figure } from '../figures.ts';
import { median } from '../figures.ts';
import { KINDS } from '../inspected.ts';

const EACH = 200;
const HEAT = 300;
const READS = { readsFlow: true, readsProvenance: true } as const;
const LABELS = { confidentiality: 'confidential', categories: [], integrity: 'untrusted' } as const;
const KEY = flowKeyOf(new Uint8Array(32).fill(1));
const FROM = exchangeOf({ transport: 'http', url: 'http://127.0.0.1:9', allowPrivate: false });
const ARGUMENTS: JsonObject = { to: 'somebody@elsewhere.example', subject: 'Numbers of the week', body: 'x'.repeat(700) };

/**
 * What following values costs: fingerprints of an answer of 2 KB, a question before a call of 1 KB in a context that holds a
 * thousand answers, both with control's store in this process; and what such a context weighs in a gateway's memory.
 */
export async function measureFlow(): Promise<Figure[]> {
  const answers = Array.from({ length: EACH + HEAT }, (_, seed) => answerOf(seed));
  const marks = answers.map((answer) => cpuMs(() => draftsOf(FROM, answer, LABELS, KEY, false)));
  const { carried, asked } = await inStore(answers);
  const fingerprints = median(marks.slice(HEAT));
  const question = median(asked);
  return [
    { section: 'flow', name: 'fingerprints of an answer of 2 KB, CPU', value: fingerprints, unit: 'ms', target: '≤ 0.5 ms', met: fingerprints <= 0.5 },
    { section: 'flow', name: 'the same made durable, with control\'s store in the same process, CPU', value: median(carried), unit: 'ms' },
    { section: 'flow', name: `question before a call of 1 KB, in a context of ${EACH + HEAT} answers, CPU`, value: question, unit: 'ms' },
    ...memoryOf(answers),
  ];
}

async function inStore(answers: readonly Message[]): Promise<{ readonly carried: readonly number[]; readonly asked: readonly number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-flow-'));
  const store = await openStore(`sqlite:${join(folder, 'store.db')}`);
  try {
    const [presence, gateway] = [createPresence(0), crypto.randomUUID()];
    const flow: FlowContexts = createFlowContexts({
      visit: ({ principal: { id, agent, actors }, ...visit }) => visitContext(
        { store, presence, now: Date.now, record: async () => undefined }, { ...visit, principal: id, agent, actors, gateway },
      ),
      keep: async () => false,
    }, KEY);
    const exchange: Exchange = { ...FROM, flow: 'a'.repeat(32), call: { ...FROM.call, resource: { ...FROM.call.resource, labels: LABELS } } };
    const asking: Exchange = { ...exchange, call: { ...exchange.call, arguments: ARGUMENTS } };
    const [carried, asked]: [number[], number[]] = [[], []];
    for (const answer of answers) carried.push(await cpuMsOf(() => flow.carry(exchange, [], { answer, keeps: true })));
    for (let turn = 0; turn < EACH; turn += 1) asked.push(await cpuMsOf(() => flow.know(asking, READS)));
    return { carried: carried.slice(HEAT), asked: asked.slice(EACH / 2) };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of a context with so many answers, and of one that is full. */
function memoryOf(answers: readonly Message[]): readonly Figure[] {
  const memory = createMemory();
  const origin = { source: 'crm/find', labels: LABELS, isEarly: false };
  for (const answer of answers.slice(0, 100)) {
    for (const { marks } of draftsOf(FROM, answer, LABELS, KEY, false)) memory.take({ origin, marks, vouched: [], saturates: false });
  }
  const hundred = memory.bytes / 1024;
  for (let mark = 1; !memory.isSaturated; mark += 1) memory.take({ origin, marks: [mark * 7919], vouched: [], saturates: false });
  const full = memory.bytes / 1024 / 1024;
  return [
    { section: 'flow', name: 'memory of a context of 100 answers of 2 KB', value: hundred, unit: 'KB' },
    {
      section: 'flow', name: `memory of a full context (${LIMITS.flowMarksMax} fingerprints; then everything counts as derived)`, value: full, unit: 'MB',
      target: '≤ 4 MB', met: full <= 4,
    },
  ];
}

function answerOf(seed: number): Message {
  const kind = KINDS[seed % KINDS.length];
  const text = kind?.text(2_048, seed) ?? '';
  return { kind: 'result', from: 'server', revision: '2026-07-28', id: 1, result: { content: [{ type: 'text', text }] } };
}

function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function cpuMsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
