import { quote } from '../../audit/query/rewrite.ts';
import { SallyportError } from '../../domain/errors.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { createTouching } from '../../incident/blast.ts';
import type { Touched } from '../../incident/blast.ts';
import type { Incident } from '../../incident/incident.ts';
import type { Control } from '../control.ts';

/** What something touched: all that is named must be so. `tool` is one of `server`. Times are epoch ms. */
export interface Asked {
  readonly context?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly principal?: string;
  readonly agent?: string;
  readonly credential?: string;
  readonly since?: number;
  readonly until?: number;
}

/** How far it reaches. */
export interface Blast {
  /** What it touched itself. */
  readonly touched: Touched;
  /** What the contexts that it touched did afterwards: what it brought them may have gone on there. */
  readonly afterwards?: Touched;
  /** More than was read, or a place of the log that could not be: it may reach further. */
  readonly partly: boolean;
}

type Parts = Pick<Control, 'ledger' | 'now'>;
const FIELDS = ['context', 'server', 'tool', 'principal', 'agent'] as const;
const DAY_MS = 24 * 60 * 60_000;
/** Where nothing says since when. */
const SINCE_MS = 30 * DAY_MS;

/** Throws `ERR_REQUEST_INVALID` where nothing is named, `ERR_LINK_*`. */
export async function blastOf({ ledger, now }: Parts, space: string, asked: Asked, signal: AbortSignal): Promise<Blast> {
  const { credential, since = now() - SINCE_MS, until = now() } = asked;
  const named = FIELDS.flatMap((field) => (asked[field] === undefined ? [] : [`${field} = ${quote(asked[field])}`]));
  if (named.length === 0 && credential === undefined) {
    throw new SallyportError('ERR_REQUEST_INVALID', 'query: say what touched: a context, server, tool, principal, agent or credential', {
      remedy: 'Name one of them.',
    });
  }
  const direct = createTouching();
  const question = [...named, `at >= ${since}`, `at <= ${until}`].join(' and ');
  const first = await readAll({ ledger, now }, space, question, signal, (record) => {
    if (credential === undefined || isMadeWith(record, credential)) direct.add(record);
  });
  const touched = direct.result();
  if (asked.context !== undefined || touched.contexts.length === 0 || touched.firstAt === undefined) return { touched, partly: first };
  const after = createTouching();
  const contexts = touched.contexts.slice(0, LIMITS.blastContextsMax);
  const others = asked.server === undefined ? '' : ` and has server and server != ${quote(asked.server)}`;
  const following = `context in (${contexts.map(quote).join(', ')}) and at >= ${touched.firstAt} and at <= ${until}${others}`;
  const beyond = await readAll({ ledger, now }, space, following, signal, (record) => after.add(record));
  return { touched, afterwards: after.result(), partly: first || beyond || contexts.length < touched.contexts.length };
}

/** Everything that the subjects of an incident touched, since it began. */
export async function blastOfIncident(parts: Parts, space: string, incident: Incident, signal: AbortSignal): Promise<JsonObject> {
  const { context = [], server = [], credential = [], principal = [] } = incident.subjects;
  // By the narrowest of what is known: a context says more than the server that it went to.
  const by = context.length > 0 ? 'context' : server.length > 0 ? 'server' : credential.length > 0 ? 'credential' : 'principal';
  const names = { context, server, credential, principal }[by].slice(0, NAMES_MAX);
  const until = incident.closedAt ?? parts.now();
  const blasts = [];
  for (const name of names) {
    const { touched, afterwards, partly } = await blastOf(parts, space, { [by]: name, since: incident.firstAt - DAY_MS, until }, signal);
    blasts.push({ by, name, partly, touched: { ...presentTouched(touched) }, ...(afterwards && { afterwards: presentTouched(afterwards) }) });
  }
  return { blasts };
}

const NAMES_MAX = 10;

export function presentTouched(touched: Touched): JsonObject {
  const { servers, principals, agents, contexts, hosts, categories, ...rest } = touched;
  return {
    ...rest, principals: [...principals], agents: [...agents], contexts: [...contexts], hosts: [...hosts], categories: [...categories],
    servers: servers.map(({ tools, effects, ...one }) => ({ ...one, tools: [...tools], effects: [...effects] })),
  };
}

/** Whether there is more than was read. */
async function readAll({ ledger, now }: Parts, space: string, question: string, signal: AbortSignal, add: (record: JsonObject) => void): Promise<boolean> {
  let read = 0;
  for await (const one of ledger.payloads({ space, question, now: now(), payloads: false }, signal)) {
    if ('damaged' in one) return one.damaged > 0;
    add(one.record);
    read += 1;
    if (read >= LIMITS.blastRecordsMax) return true;
  }
  return false;
}

function isMadeWith({ standing, fingerprint }: JsonObject, credential: string): boolean {
  return fingerprint === credential || (isObject(standing) && isArray(standing['credentials']) && standing['credentials'].includes(credential));
}
