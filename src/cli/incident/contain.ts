import { resolve } from 'node:path';
import { CONTAINMENT_TARGETS } from '../../domain/containment.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { usageError } from '../arguments.ts';
import { writeBundle } from '../audit/bundle.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, readSpan, table, time } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';

/** What is named by an option of its own; `all` and the whole space take no name. */
const NAMED = CONTAINMENT_TARGETS.filter((target) => target !== 'all' && target !== 'space' && target !== 'incident');

export const contain: Verb = {
  usage: 'contain VERB (--server ID | --tool SERVER/TOOL | --agent NAME | --principal WHO | --context KEY | --credential ID | --host NAME | --vendor ID'
    + ' | --space-wide | --all) --reason WHY [--for 24h] [--incident ID] [--approvers WHO] [--token-age 15m] [--digest PIN] [--message TEXT] [--dry-run]'
    + '\nincident contain evidence-bundle (--incident ID | --context KEY) --reason WHY [--out FOLDER|FILE.tar]'
    + '\nincident contain verbs',
  options: {
    server: { type: 'string' }, tool: { type: 'string' }, agent: { type: 'string' }, principal: { type: 'string' }, context: { type: 'string' },
    credential: { type: 'string' }, host: { type: 'string' }, vendor: { type: 'string' }, 'space-wide': { type: 'boolean' }, all: { type: 'boolean' },
    reason: { type: 'string' }, for: { type: 'string' }, incident: { type: 'string' }, approvers: { type: 'string' }, 'token-age': { type: 'string' },
    digest: { type: 'string' }, message: { type: 'string' }, 'dry-run': { type: 'boolean' }, out: { type: 'string' },
  },
  run: async (call) => {
    const verb = call.need(0, 'the verb');
    if (verb === 'verbs') return listVerbs(call);
    const { io, options } = call;
    const out = outOf(call, verb);
    const answer = await call.client.send('POST', '/containments', {
      verb, scope: scopeOf(call), reason: call.needText('reason'), dryRun: options.flag('dry-run'), ...wishesOf(call),
    });
    const isMade = verb === 'evidence-bundle' && !options.flag('dry-run');
    const files = isMade && out !== undefined ? writeBundle(out, part(answer, 'answer') ?? {}) : [];
    show(io, options.json, answer, () => told(answer));
    if (files.length > 0) io.note(`${files.length} files are in ${out}. Check them with: sallyport audit verify-bundle ${out}`);
    else if (isMade) io.note('The same with --out FILE.tar writes it, to be checked with: sallyport audit verify-bundle FILE.tar');
    await noteUnknown(call, options.text('incident'));
    return 0;
  },
};

function outOf({ io, options }: Call, verb: string): string | undefined {
  const out = options.text('out');
  if (out !== undefined && verb !== 'evidence-bundle') throw usageError({ usage: `incident ${contain.usage}` }, '--out is for evidence-bundle');
  return out === undefined ? undefined : resolve(io.cwd, out);
}

/** Ids of other systems are taken; one that was mistyped leaves its incident open, though everything was done. */
async function noteUnknown({ client, io }: Call, incident: string | undefined): Promise<void> {
  if (incident === undefined) return;
  const code = await client.get(`/incidents/${encodeURIComponent(incident)}`).then(() => undefined, (error: unknown) =>
    (error instanceof SallyportError ? error.code : undefined));
  if (code === 'ERR_NOT_FOUND') io.note(`No incident is called ${plain(incident)} here: none counts as contained by this. See them: sallyport incident list`);
}

export const lift: Verb = {
  usage: 'lift CONTAINMENT --reason WHY',
  options: { reason: { type: 'string' } },
  run: async ({ client, io, options, need, needText }) => {
    const id = need(0, 'the containment');
    const answer = await client.send('POST', `/containments/${encodeURIComponent(id)}/lift`, { reason: needText('reason') });
    show(io, options.json, answer, () => `${named(answer)} is lifted: what nothing else stops goes on.\n`);
    return 0;
  },
};

export const containments: Verb = {
  usage: 'containments [--incident ID] [--state applied|lifted|expired|done|failed]',
  options: { incident: { type: 'string' }, state: { type: 'string' } },
  run: async ({ client, io, options }) => {
    const answer = await client.get('/containments', { incident: options.text('incident'), state: options.text('state') });
    show(io, options.json, answer, () => table(
      ['containment', 'what', 'state', 'since', 'until', 'incident', 'by', 'reason'],
      objects(part(answer, 'containments')).map((one) => [
        text(one['id']), named(one), text(one['state']), time(number(one['at'])), one['until'] === undefined ? '' : time(number(one['until'])),
        text(one['incident']), text(one['principal']), text(one['reason']),
      ]),
    ));
    return 0;
  },
};

async function listVerbs({ client, io, options }: Call): Promise<number> {
  const answer = await client.get('/containments/verbs');
  show(io, options.json, answer, () => table(['verb', 'is done to', 'it …'], objects(part(answer, 'verbs')).map((one) =>
    [text(one['verb']), text(one['targets']), text(one['does'])])));
  return 0;
}

function scopeOf({ options }: Call): JsonObject {
  const scopes = [
    ...(options.flag('all') ? [{ target: 'all' }] : []), ...(options.flag('space-wide') ? [{ target: 'space' }] : []),
    ...NAMED.flatMap((target) => {
      const name = options.text(target);
      return name === undefined ? [] : [{ target, name }];
    }),
  ];
  const incident = options.text('incident');
  // What is kept or told of an incident is done to the incident itself.
  const [only = incident === undefined ? undefined : { target: 'incident', name: incident }, ...others] = scopes;
  if (only !== undefined && others.length === 0) return only;
  throw new SallyportError('ERR_USAGE', 'say what it is done to, once', { remedy: 'Give for instance --server crm, --agent bot, or --space-wide.' });
}

function wishesOf({ options }: Call): JsonObject {
  const [incident, approvers, digest, message] = [options.text('incident'), options.text('approvers'), options.text('digest'), options.text('message')];
  return {
    ...spanOf(options.text('for'), 'for', (ms) => ({ forMs: ms })),
    ...spanOf(options.text('token-age'), 'token-age', (ms) => ({ tokenAgeMaxS: Math.round(ms / 1_000) })),
    ...(incident === undefined ? {} : { incident }), ...(approvers === undefined ? {} : { approvers }), ...(digest === undefined ? {} : { digest }),
    ...(message === undefined ? {} : { message }),
  };
}

function spanOf(given: string | undefined, name: string, of: (ms: number) => JsonObject): JsonObject {
  if (given === undefined) return {};
  const ms = readSpan(given);
  if (ms === undefined) throw new SallyportError('ERR_USAGE', `--${name} is no time span`, { remedy: 'Write for instance 4h.' });
  return of(ms);
}

function told(answer: Json): string {
  const until = part(answer, 'until');
  const does = `${named(answer)}: it ${text(part(answer, 'does'))}`;
  const state = part(answer, 'dryRun') === true ? 'Nothing was done. This would be ' : `${text(part(answer, 'id'))} is `;
  const end = until === undefined || until === null ? '' : `, until ${time(number(until))}`;
  const met = part(answer, 'touched');
  const rows = Object.entries(isObject(met) ? met : {}).map(([kind, one]) => [kind, number(part(one, 'count')), namesOf(one)]);
  const meets = rows.length > 0 ? table(['it meets', 'how many', 'which'], rows)
    : until === undefined || until === null ? '' : 'It meets nothing that is here now: look whether the name is right. It holds for what comes under it.\n';
  return `${state}${does}${end}.\n${meets}${plain(text(part(answer, 'back')))}\n`;
}

const NAMES_SHOWN = 5;

function namesOf(one: Json): string {
  const names = text(part(one, 'names')).split(', ');
  return names.length > NAMES_SHOWN ? `${names.slice(0, NAMES_SHOWN).join(', ')} …` : names.join(', ');
}

function named(one: Json): string {
  const words = [text(part(one, 'verb')), text(part(one, 'scope', 'target')), text(part(one, 'scope', 'name'))];
  return plain(words.filter((word) => word !== '').join(' '));
}
