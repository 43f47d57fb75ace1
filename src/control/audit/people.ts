import { isPseudonym, namesIn } from '../../audit/pseudonym.ts';
import { quote } from '../../audit/query/rewrite.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { readNames } from '../people/names.ts';
import { readAudit } from '../retention/settings.ts';
import type { Admin } from '../route.ts';
import { listStored } from '../stored.ts';

const PAGE = 1_000;
const PAGES_MAX = 50;
/** How long who may see names sees them. */
const REVEAL_MS = 60 * 60_000;

/** A principal's id, or a pattern of ids, in a filter. */
export interface AskedOfPeople {
  readonly id?: string;
  readonly pattern?: string;
}

/** How records are shown to one administrator: people under pseudonyms, unless these are off or the names were revealed to them. */
export async function viewFor(control: Control, admin: Admin, space: string, reveal: boolean): Promise<(record: JsonObject) => JsonObject> {
  if (reveal) {
    await needReveal(control, admin, space);
    return (record) => record;
  }
  return (await hidesPeople(control.store)) ? control.retention.pseudonyms.hide : (record) => record;
}

/** Whether this administrator may ask for people by what their names are, and not by pseudonyms alone. */
async function mayName(control: Control, admin: Admin, space: string): Promise<boolean> {
  return !(await hidesPeople(control.store)) || isRevealed(control, admin, space);
}

/**
 * What an administrator may ask of people: who names somebody and gets an answer has tied that name to a pseudonym, also where the
 * answer is only how many there are. Throws `ERR_ADMIN_FORBIDDEN`.
 */
export async function needMayAsk(control: Control, admin: Admin, space: string, asked: readonly AskedOfPeople[]): Promise<void> {
  const telling = await Promise.all(asked.map(async ({ pattern, id }) => pattern !== undefined || (id !== undefined && !(await isShown(control, space, id)))));
  if (!telling.includes(true) || (await mayName(control, admin, space))) return;
  throw new SallyportError('ERR_ADMIN_FORBIDDEN', 'people are asked for and written of by their pseudonyms (p_…); their names were not revealed to you', {
    remedy: 'Ask for names with a reason: sallyport audit reveal --reason "…"',
  });
}

const WRITTEN_MAX = 20;

/**
 * The same of what is kept as it was written and shown under pseudonyms: who writes a name and reads it again has tied the two. What was
 * approved was asked before; what a playbook's run asks comes from its incident, or was asked when it was said. One's own name ties nothing.
 */
export async function needMayWrite(control: Control, admin: Admin, space: string, said: Json): Promise<void> {
  if (admin.approvals !== undefined || admin.ofRun === true) return;
  const names = [...new Set(namesIn(said))].filter((id) => id !== admin.id);
  await needMayAsk(control, admin, space, names.length > WRITTEN_MAX ? [{ pattern: '*' }] : names.map((id) => ({ id })));
}

/** Whether that stands on screens as it is: a pseudonym, a machine of ours, a workload that is on record as one. */
async function isShown(control: Control, space: string, id: string): Promise<boolean> {
  if (control.retention.pseudonyms.hide({ principal: id })['principal'] === id) return true;
  const question = `principal = ${quote(id)} and kind = workload`;
  const { entries } = await control.ledger.search({ space, question, now: control.now(), order: 'newest', limit: 1 });
  return entries.length > 0;
}

async function hidesPeople(rows: Rows): Promise<boolean> {
  return (await readAudit(rows)).pseudonyms ?? true;
}

/** A principal as filters take it: the real id, or a pseudonym, which is looked up. Throws `ERR_NOT_FOUND`. */
export async function principalOf(control: Control, space: string, given: string): Promise<string> {
  if (!isPseudonym(given)) return given;
  const found = await find(control, space, given);
  if (found !== undefined) return found;
  throw new SallyportError('ERR_NOT_FOUND', 'nobody here has that pseudonym', {
    remedy: 'Pseudonyms are of one installation; check that it is from this one.',
  });
}

/** A keyed hash has no way back: everyone who is known is tried, and then everyone who is on record. */
async function find(control: Control, space: string, pseudonym: string): Promise<string | undefined> {
  const { of } = control.retention.pseudonyms;
  const names = await readNames(control.store);
  const people = (await listStored(control.store, 'person', DEFAULT_SPACE)).flatMap(({ id, body }) => names(id, body));
  const tokens = (await listStored(control.store, 'token', space)).map(({ body }) => `sallyport|${body.subject}`);
  const known = [...people, ...tokens].find((id) => of(id) === pseudonym);
  if (known !== undefined) return known;
  const tried = new Set<string>();
  let until: number | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { entries } = await control.ledger.query({ space, limit: PAGE, ...(until === undefined ? {} : { until }) });
    for (const { record } of entries) {
      const id = record['principal'];
      if (typeof id !== 'string' || tried.has(id)) continue;
      if (of(id) === pseudonym) return id;
      tried.add(id);
    }
    const oldest = entries.at(-1)?.record['at'];
    if (entries.length < PAGE || typeof oldest !== 'number') return undefined;
    until = oldest === until ? oldest : oldest + 1;
  }
  return undefined;
}

function keyOf(admin: Admin, space: string): string {
  return `reveal/${space}/${admin.id}`;
}

/** From now on, for an hour, this administrator sees names in that space. */
export async function grantReveal({ state, now }: Control, admin: Admin, space: string): Promise<number> {
  await state.set(keyOf(admin, space), '1', REVEAL_MS);
  return now() + REVEAL_MS;
}

export async function isRevealed({ state }: Control, admin: Admin, space: string): Promise<boolean> {
  return (await state.get(keyOf(admin, space))) !== undefined;
}

async function needReveal(control: Control, admin: Admin, space: string): Promise<void> {
  if (await isRevealed(control, admin, space)) return;
  throw new SallyportError('ERR_ADMIN_FORBIDDEN', 'names were not revealed to you, or that time is over', {
    remedy: 'Ask for it with a reason: sallyport audit reveal --reason "…"',
  });
}
