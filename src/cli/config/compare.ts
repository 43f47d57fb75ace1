import { resolve } from 'node:path';
import { readManifest } from '../../control/manifest/files.ts';
import { digestOfFiles, originOf, type Origin } from '../../control/manifest/on-disk.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Client } from '../client.ts';
import { jsonText, show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

/** A manifest as it lies on this machine, whatever control was shown of it. */
interface Found {
  readonly body: JsonObject;
  readonly digest: string;
  readonly origin: Origin;
}

async function readHere(file: string): Promise<Found> {
  const { files: { policies, ...files }, paths } = await readManifest(file);
  const body = { ...files, policies: policies.map((policy): Json => ({ ...policy })) };
  return { body, digest: digestOfFiles({ ...files, policies }), origin: await originOf(paths) };
}

/** The file that control of this machine was started with. */
async function fileOf(client: Client): Promise<string> {
  const file = text(part(await client.get('/configuration'), 'manifest', 'file'));
  if (file !== '') return file;
  throw new SallyportError('ERR_USAGE', 'control was started without a manifest', { remedy: 'Name one with -f, or two versions: sallyport config diff 3 5' });
}

export const diff: Verb = {
  usage: 'diff [-f sallyport.yaml] | diff FROM [TO]',
  options: { file: { type: 'string', short: 'f' } },
  run: async ({ client, io, options }) => {
    const [from, to] = options.positionals;
    if (from !== undefined) {
      const answer = await client.get(`/configuration/diff?from=${encodeURIComponent(from)}${to === undefined ? '' : `&to=${encodeURIComponent(to)}`}`);
      show(io, options.json, answer, () => describe(answer));
      return 0;
    }
    const named = options.text('file');
    const { body, origin } = await readHere(named === undefined ? await fileOf(client) : resolve(io.cwd, named));
    const answer = await client.send('POST', '/configuration/diff', body);
    const told: Json = { ...pick(answer, ['differences', 'permits', 'problem']), origin: { ...origin } };
    show(io, options.json, told, () => `${whoAndWhen(origin)}\n${describe(answer)}`);
    return 0;
  },
};

export const status: Verb = {
  usage: 'status',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/configuration');
    const file = text(part(answer, 'manifest', 'file'));
    // Here is the file itself; control in its jail may have a copy of when it was started.
    const here = client.control === undefined && file !== '' ? await readHere(file).catch(() => undefined) : undefined;
    const isApplied = here === undefined ? text(part(answer, 'manifest', 'state')) === 'applied' : here.digest === text(part(answer, 'applied', 'digest'));
    const told: Json = { ...pick(answer, ['head', 'problem', 'manifest', 'applied']),
      onDisk: here === undefined ? null : { digest: here.digest, applied: isApplied, ...here.origin } };
    show(io, options.json, told, () => {
      const lines = [...headLines(answer), ...(file === '' ? ['Control was started without a manifest.'] : fileLines(file, isApplied, here?.origin))];
      return lines.concat(part(answer, 'manifest', 'watched') === true ? ['It is watched: whoever may write it decides what is in force.'] : [], '').join('\n');
    });
    return part(answer, 'problem') === null || part(answer, 'problem') === undefined ? 0 : 1;
  },
};

function headLines(answer: Json): readonly string[] {
  const head = part(answer, 'head');
  const problem = text(part(answer, 'problem'));
  const word = (name: string): string => plain(text(part(head, name)));
  return [
    ...(problem === '' ? [] : [`TAMPERED: ${plain(problem)}`]),
    `version ${word('number')}, by ${word('author')}, ${time(number(part(head, 'at')))}: ${word('action')} ${word('id')}`,
  ];
}

function fileLines(file: string, isApplied: boolean, origin: Origin | undefined): readonly string[] {
  if (isApplied) return [`${plain(file)}: what was last applied`];
  const who = origin === undefined ? [] : [whoAndWhen(origin)];
  return [`${plain(file)}: NOT what is in force`, ...who, `See: sallyport config diff. Apply it: sallyport apply -f ${plain(file)}`];
}

function pick(answer: Json, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, part(answer, name) ?? null]));
}

function whoAndWhen({ file, owner, uid, changedAt }: Origin): string {
  return `${plain(file)} was changed ${time(changedAt)}; it belongs to ${plain(owner)} (uid ${uid}).`;
}

const SIGNS: Readonly<Record<string, string>> = { more: '+ more', less: '- less', same: '  same' };

/** Differences and permits, for people. */
export function describe(answer: Json): string {
  const differences = objects(part(answer, 'differences'));
  const permits = part(answer, 'permits');
  if (differences.length === 0) return 'Nothing differs.\n';
  const rows = differences.flatMap((one) => [
    [SIGNS[text(one['weight'])] ?? '', text(one['verb']), text(one['resource']), nameOf(one), ''],
    ...objects(one['parts']).map((leaf) => ['', '', '', text(leaf['path']), `${valueOf(leaf['before'])} → ${valueOf(leaf['after'])}`]),
  ]);
  const who = objects(permits).map((one) => [
    one['more'] === true ? '+ more' : '- less', text(one['caller']), text(one['tool']), `${text(one['before'])} → ${text(one['after'])}`,
  ]);
  const told = permits === null ? 'Who can do more or less could not be found out for all of it.\n' : 'Nobody can do more or less.\n';
  const permitted = who.length === 0 ? (permits === undefined ? '' : told) : table(['', 'who', 'tool', 'before → after'], who);
  return `${table(['', 'what', 'resource', 'id or place', 'before → after'], rows)}${permitted}`;
}

function nameOf(one: JsonObject): string {
  return `${text(one['space']) === 'default' ? '' : `${text(one['space'])}/`}${text(one['id'])}`;
}

const SHOWN_CHARS = 160;

function valueOf(value: Json | undefined): string {
  if (value === null || value === undefined) return '(nothing)';
  const whole = typeof value === 'string' ? value : jsonText(value);
  return whole.length > SHOWN_CHARS ? `${whole.slice(0, SHOWN_CHARS)}…` : whole;
}
