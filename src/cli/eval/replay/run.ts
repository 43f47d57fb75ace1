import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPresence } from '../../../control/contexts/presence.ts';
import { visitContext } from '../../../control/contexts/visit.ts';
import { createInspector } from '../../../detect/inspect.ts';
import { UNINFORMED } from '../../../detect/surroundings.ts';
import { detectorsWith } from '../../../detect/table.ts';
import { SallyportError } from '../../../domain/errors.ts';
import type { Exchange } from '../../../domain/exchange.ts';
import type { Message, RequestMessage } from '../../../domain/message.ts';
import { DEFAULT_SPACE, type Principal } from '../../../domain/principal.ts';
import type { Verdict } from '../../../domain/verdict.ts';
import { createFlowContexts, type FlowContexts, type Keeping } from '../../../flow/keeper.ts';
import { flowKeyOf } from '../../../flow/provenance/key.ts';
import { flowReads, judge, judgeAnswer, knownWith } from '../../../gateway/guard.ts';
import type { InForce } from '../../../gateway/in-force.ts';
import { createInspecting, type Inspecting } from '../../../gateway/inspecting.ts';
import { openStore } from '../../../store/open.ts';
import { companyOf } from './company.ts';
import type { Suite, Task } from './suites.ts';

/** What became of one call. */
export interface Step {
  readonly call: string;
  readonly goal: boolean;
  /** Absent: it passed. Otherwise the policies that denied or held it. */
  readonly by?: readonly string[];
}

export interface Replayed {
  readonly suite: string;
  readonly id: string;
  readonly attack?: string;
  /** An attack: whether no call that it is after passed. A task: whether none was held. */
  readonly isRight: boolean;
  readonly steps: readonly Step[];
}

/** What runs a suite: contexts as control keeps them, in a store of its own, and the rooms of the path that decide. */
interface Rooms {
  readonly force: InForce;
  readonly flow: FlowContexts;
  readonly inspecting: Inspecting;
  /** How often contexts were looked at. */
  looks(): number;
}

/**
 * Replays a suite through detectors without the text model, provenance, labels and the policies that ship; each task is an agent of
 * its own. A call that is held counts as held, and goes on as if its owner had approved it. Throws `ERR_EVAL_NOT_RUN` where policy or
 * contexts were not asked.
 */
export async function replay(suite: Suite): Promise<readonly Replayed[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sp-replay-'));
  const store = await openStore(`sqlite:${join(folder, 'store.db')}`);
  try {
    const force = await companyOf(suite);
    const [gateway, presence] = [randomUUID(), createPresence(0)];
    let looks = 0;
    const keeping: Keeping = {
      async visit({ principal: { id, agent, actors }, ...visit }) {
        looks += 1;
        return visitContext({ store, presence, now: Date.now, record: async () => undefined }, { ...visit, principal: id, agent, actors, gateway });
      },
      keep: async () => false,
    };
    const inspect = createInspector(detectorsWith(UNINFORMED).filter(({ id }) => id !== 'text-model'));
    const flow = createFlowContexts(keeping, flowKeyOf(SECRET));
    const rooms: Rooms = { force, flow, inspecting: createInspecting(() => ({ inspect })), looks: () => looks };
    const replayed: Replayed[] = [];
    for (const task of suite.tasks) replayed.push(await replayTask(suite.suite, task, rooms));
    return replayed;
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function replayTask(suite: string, { id, attack, steps }: Task, rooms: Rooms): Promise<Replayed> {
  const before = rooms.looks();
  const done: Step[] = [];
  for (const { call, arguments: given, result, goal } of steps) {
    const exchange = exchangeOf(`${suite}/${id}`, call, given, rooms);
    const verdict = await callOnce(exchange, result, rooms);
    const by = verdict.outcome === 'permit' ? undefined : verdict.decision.policies;
    done.push({ call, goal: goal === true, ...(by === undefined ? {} : { by }) });
  }
  // Each answer labels its context, whatever is decided: nobody was asked where that did not happen.
  if (rooms.looks() === before) {
    throw new SallyportError('ERR_EVAL_NOT_RUN', `${suite}/${id} passed without a look at its flow context`, {
      remedy: 'A figure over what nothing looked at is none.',
    });
  }
  const isRight = attack === undefined ? done.every(({ by }) => by === undefined) : done.every(({ by, goal }) => !goal || by !== undefined);
  return { suite, id, isRight, steps: done, ...(attack === undefined ? {} : { attack }) };
}

type Outcome = Pick<Verdict, 'outcome' | 'decision'>;

/** One call on its way: known, inspected, judged; and its answer, which labels the context. */
async function callOnce(exchange: Exchange, said: Task['steps'][number]['result'], { force, flow, inspecting }: Rooms): Promise<Outcome> {
  const message = requestOf(exchange);
  const carried = await flow.know(exchange, flowReads(exchange, force));
  const { findings } = await inspecting.asked(message, exchange);
  const known = knownWith(carried, findings);
  const verdict = judge(message, exchange, force, { drift: 'none', objection: undefined }, known);
  if (verdict.decision.policies.length === 0 || verdict.decision.asked === undefined) {
    throw new SallyportError('ERR_EVAL_NOT_RUN', `${exchange.call.resource.server}/${exchange.call.resource.name}: no policy was asked`, {
      remedy: 'A suite needs a policy that permits what its tasks do.',
    });
  }
  const answer: Message = { kind: 'result', from: 'server', revision: '2026-07-28', id: 1, result: resultOf(said) };
  const seen = await inspecting.answered(answer, exchange);
  const carry = (): Promise<void> => flow.carry(exchange, [...known.findings, ...seen.findings], { answer, keeps: force.engine.readsProvenance });
  if (verdict.outcome === 'denial') {
    await carry();
    return verdict;
  }
  const passed = judgeAnswer({ message: answer, findings: seen.findings }, verdict, exchange, force, known, force.lease);
  if (passed.outcome === 'permit') await carry();
  return passed;
}

function resultOf(said: Task['steps'][number]['result']): Extract<Message, { kind: 'result' }>['result'] {
  if (typeof said === 'string') return { resultType: 'complete', content: [{ type: 'text', text: said }] };
  return { resultType: 'complete', content: [{ type: 'text', text: JSON.stringify(said) }], structuredContent: said };
}

/** The same each time, so that figures repeat: which short quotations are seen depends on the key. */
const SECRET = new Uint8Array(32).fill(5);

const CALL = { method: 'tools/call', action: 'call_tool', target: 'tool', nameIn: 'name' } as const;

function exchangeOf(agent: string, call: string, given: Task['steps'][number]['arguments'], { force, flow }: Rooms): Exchange {
  const [name = '', ...tool] = call.split('/');
  const principal: Principal = {
    id: 'sallyport|somebody', kind: 'person', space: DEFAULT_SPACE, groups: [], agent, actors: [], proof: 'bearer', tokenAgeMs: 0,
    expiresAt: Number.MAX_SAFE_INTEGER, credential: 'replay',
  };
  const route = { kind: 'server', space: DEFAULT_SPACE, name } as const;
  const found = force.directory.resolve(route, CALL, { name: tool.join('/'), arguments: given });
  return {
    id: randomUUID(), space: DEFAULT_SPACE, startedAt: Date.now(), route, address: '127.0.0.1', zone: 'loopback', revision: '2026-07-28', principal,
    flow: flow.keyOf(principal, undefined), onBehalfOf: principal, server: found.server, ...(found.tool === undefined ? {} : { tool: found.tool }),
    call: { method: CALL.method, action: CALL.action, resource: found.resource, arguments: found.arguments }, request: 1, snapshot: force.snapshot,
  };
}

function requestOf({ call }: Exchange): RequestMessage {
  const params = { name: call.resource.name, arguments: call.arguments ?? {} };
  return { kind: 'request', from: 'client', revision: '2026-07-28', id: 1, method: 'tools/call', params };
}
