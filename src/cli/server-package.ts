import { SallyportError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { withProgress } from './progress.ts';
import { plain, table, time } from './terminal.ts';
import type { Call, Verb } from './verbs.ts';

const LOOK_MS = 1000;
const DIGEST_CHARS = 12;
const FILES_SHOWN = 20;

/** Waits for work that may fetch packages, and says meanwhile how far that is, as control tells. */
export async function whileFetching<T>({ client, io }: Call, what: string, work: () => Promise<T>): Promise<T> {
  let doing = what;
  const look = setInterval(() => void client.get('/packages').then((answer) => {
    doing = text(part(answer, 'doing')) || what;
  }, () => undefined), LOOK_MS);
  try {
    return await withProgress(io, () => doing, work);
  } finally {
    clearInterval(look);
  }
}

/** What another pin changes, for whoever is to approve it. */
export function describeUpgrade(answer: Json, id: string): string {
  const pin = part(answer, 'package');
  const named = `${plain(text(part(pin, 'name')))} ${plain(text(part(pin, 'version')))} (${text(part(pin, 'digest')).slice(0, DIGEST_CHARS)})`;
  const packages = objects(part(answer, 'packages'));
  const files = objects(part(answer, 'files'));
  const changed = number(part(answer, 'filesChanged') ?? 0);
  if (packages.length === 0 && changed === 0) return `${named}: nothing else than what it runs from.\n`;
  const more = changed > FILES_SHOWN ? `… and ${changed - FILES_SHOWN} more files\n` : '';
  return [
    `${named}\n`, table(['package', 'before', 'after'], packages.map((one) => [text(one['name']), text(one['before']), text(one['after'])])),
    files.slice(0, FILES_SHOWN).map((one) => `${text(one['change'])} ${plain(text(one['path']))}\n`).join(''), more, warningsOf(answer),
    part(answer, 'changed') === true
      ? `It waits for approval, and nothing can be called on it until then. Next: sallyport server scan ${plain(id)}\n`
      : 'No server was changed.\n',
  ].join('');
}

function warningsOf(answer: Json): string {
  const warnings = part(answer, 'warnings');
  return Array.isArray(warnings) ? warnings.map((one) => `! ${plain(text(one))}\n`).join('') : '';
}

type Act = (call: Call) => Promise<number>;

const list: Act = async ({ client, io, options }) => {
  const answer = await client.get('/packages');
  show(io, options.json, answer,
    () => table(['digest', 'package', 'packages', 'built from', 'servers', 'installed'], objects(part(answer, 'entries')).map((one) => [
    text(one['digest']).slice(0, DIGEST_CHARS), one['damaged'] === true ? 'damaged: its list of files was changed' : text(one['package']),
    text(one['count']), text(one['repository']) || 'not said', text(one['servers']), time(number(one['installedAt'])),
  ])));
  return 0;
};

const view: Act = async ({ client, io, options, need }) => {
  const answer = await client.get(`/packages/${encodeURIComponent(need(1, 'the digest'))}`);
  show(io, options.json, answer, () => [
    table(['package', 'version', 'built from'], objects(part(answer, 'packages')).map((one) =>
      [text(one['name']), text(one['version']), text(part(one, 'provenance', 'repository')) || 'not said'])),
    notesOf(answer),
  ].join(''));
  return 0;
};

function notesOf(answer: Json): string {
  const notes = part(answer, 'notes');
  return Array.isArray(notes) ? notes.map((one) => `! ${plain(text(one))}\n`).join('') : '';
}

const verify: Act = async (call) => {
  const { client, io, options } = call;
  const named = options.positionals[1];
  const all = named === undefined ? objects(part(await client.get('/packages'), 'entries')).map((one) => text(one['digest'])) : [named];
  const outcomes: JsonObject[] = [];
  for (const digest of all) outcomes.push(await verified(call, digest));
  const isSound = outcomes.every((one) => one['verified'] === true);
  show(io, options.json, { entries: outcomes }, () => outcomes.map((one) =>
    `${text(one['digest']).slice(0, DIGEST_CHARS)} ${one['verified'] === true ? 'is what was installed' : plain(text(one['error']))}\n`).join(''));
  return isSound ? 0 : 1;
};

async function verified({ client }: Call, digest: string): Promise<JsonObject> {
  try {
    await client.send('POST', `/packages/${encodeURIComponent(digest)}/verify`);
    return { digest, verified: true };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return { digest, verified: false, error: `${error.code} ${error.message}` };
  }
}

const remove: Act = async ({ client, io, options, need }) => {
  const answer = options.flag('unused')
    ? await client.send('POST', '/packages/collect')
    : await client.send('DELETE', `/packages/${encodeURIComponent(need(1, 'the digest'))}`);
  const removed = part(answer, 'removed');
  show(io, options.json, answer, () => `${Array.isArray(removed) ? removed.length : 0} removed.\n`);
  return 0;
};

const ACTS: Readonly<Record<string, Act>> = { list, show: view, verify, remove };

/** What local servers run from: the store of packages on the machine of control. */
export const packageVerb: Verb = {
  usage: 'package list|show DIGEST|verify [DIGEST]|remove DIGEST|remove --unused',
  options: { unused: { type: 'boolean' } },
  run: (call) => {
    const word = call.need(0, 'what to do');
    const act = Object.hasOwn(ACTS, word) ? ACTS[word] : undefined;
    if (act !== undefined) return act(call);
    throw new SallyportError('ERR_USAGE', `there is no "server package ${plain(word)}"`, { remedy: `Say one of: ${Object.keys(ACTS).join(', ')}.` });
  },
};
