import type { Exchange } from '../../domain/exchange.ts';
import type { Json } from '../../domain/json.ts';
import type { Message } from '../../domain/message.ts';
import { UNLABELLED, type FlowRules, type Labels } from '../../domain/server.ts';
import { join } from '../labels.ts';
import { leavesOrNone, namedIn, type FlowKey } from './derive.ts';
import { encodeMarks, marksOf, type Mark } from './marks.ts';
import { looseForm, readingsOf } from './normal.ts';
import type { Leaf } from './values.ts';

/** What one answer leaves in a context. Control decides, by what the context carried, what of it is vouched for. */
export interface Entry {
  readonly source: string;
  readonly labels: Labels;
  /** `encodeMarks`. */
  readonly marks: string;
  /** Digests of what the call named: the agent's own words, composed before this answer. */
  readonly asked: readonly string[];
  /** Digests of what the answer names. */
  readonly answered: readonly string[];
  /** Whether what the answer names is vouched for in any context. */
  readonly directory: boolean;
  readonly saturates: boolean;
}

/** An entry before it is written: its marks are compared with those that are there. */
export type Draft = Omit<Entry, 'marks'> & { readonly marks: readonly Mark[] };

/** What an answer leaves, by what it carries; `mayVouch`: its context is trusted until now. Empty: it says nothing. */
export function draftsOf(exchange: Exchange, answer: Message, labels: Labels, key: FlowKey, mayVouch: boolean): readonly Draft[] {
  const body = bodyOf(answer);
  if (body === undefined) return [];
  const { server, call: { resource }, tool } = exchange;
  const source = resource.name === '' ? server.id : `${server.id}/${resource.kind === 'tool' ? resource.name : resource.kind}`;
  const leaves = leavesOrNone(body);
  const { directory: listed = false } = rulesOf(exchange);
  const directory = listed !== false;
  const said = call(exchange) ?? [];
  const asked = mayVouch || directory ? namedIn(said, key) : [];
  if (leaves === undefined) return [{ source, labels, marks: [], asked, answered: [], directory: false, saturates: true }];
  // A directory that repeats what it was asked vouches for nothing by that.
  const vouches = directory || (mayVouch && labels.integrity === 'trusted');
  const telling = typeof listed === 'boolean' ? leaves : leaves.filter(({ name }) => listed.includes(name));
  const answered = vouches ? namedIn(telling, key, directory ? heardIn(said) : '').filter((digest) => !directory || !asked.includes(digest)) : [];
  const common = { source, asked, directory, saturates: false };
  const plain: Draft = { ...common, labels, marks: marksOf(leaves.filter((leaf) => fieldOf(leaf, tool?.flow) === undefined), key.marks), answered };
  const fields = leaves.flatMap((leaf) => {
    const own = fieldOf(leaf, tool?.flow);
    return own === undefined ? [] : [{ ...common, labels: join(labels, own), marks: marksOf([leaf], key.marks), answered: [] }];
  });
  return [plain, ...fields];
}

/** Labels of schema fields that an answer holds, joined. */
export function fieldLabels(exchange: Exchange, answer: Message): Labels {
  const fields = exchange.tool?.flow?.fields;
  const body = fields === undefined ? undefined : bodyOf(answer);
  const leaves = body === undefined ? [] : (leavesOrNone(body) ?? []);
  return leaves.reduce((all, leaf) => join(all, fieldOf(leaf, exchange.tool?.flow) ?? UNLABELLED), UNLABELLED);
}

function fieldOf({ at, name }: Leaf, flow: FlowRules | undefined): Labels | undefined {
  const fields = flow?.fields;
  if (fields === undefined) return undefined;
  const found = Object.entries(fields).filter(([field]) => field === name || at.split('/').includes(field));
  return found.length === 0 ? undefined : found.reduce((all, [, labels]) => join(all, { ...UNLABELLED, ...labels }), UNLABELLED);
}

/** A tool's own rules, and its server's where it has none. */
export function rulesOf({ server, tool }: Pick<Exchange, 'server' | 'tool'>): FlowRules {
  return { ...server.flow, ...tool?.flow, allow: [...(server.flow?.allow ?? []), ...(tool?.flow?.allow ?? [])] };
}

/** Every reading of what was said, side by side: what is put together of its parts stands in it, too. */
function heardIn(leaves: readonly Leaf[]): string {
  const readings = leaves.map(({ text }) => readingsOf(text).map(looseForm));
  const most = Math.max(0, ...readings.map(({ length }) => length));
  return Array.from({ length: most }, (_, at) => readings.map((all) => all[at] ?? all[0] ?? '').join('')).join('\n');
}

function call({ call: { arguments: given } }: Exchange): readonly Leaf[] | undefined {
  return given === undefined ? undefined : leavesOrNone(given);
}

function bodyOf(answer: Message): Json | undefined {
  if (answer.kind === 'result') return answer.result;
  if (answer.kind === 'error') return { message: answer.error.message, data: answer.error.data ?? null };
  return answer.params;
}

export function write({ marks, ...draft }: Draft): Entry {
  return { ...draft, marks: encodeMarks(marks) };
}
