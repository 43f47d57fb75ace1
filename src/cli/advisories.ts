import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { AdvisoryMatch } from '../knowledge/advisories.ts';
import { ADVISORY } from '../knowledge/shape.ts';
import type { Advisory } from '../knowledge/shape.ts';
import { readPackageUrl } from '../knowledge/purl.ts';
import { knowledgeOf } from '../knowledge/table.ts';
import { show } from './command.ts';
import { part, text } from './json-view.ts';
import { readPlain } from './plain-file.ts';
import { currentTables } from './knowledge/current.ts';
import { plain, table } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Verb } from './verbs.ts';

/** One record lists every version of a package at most. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;

const imported: Verb = {
  usage: `import PATH
          PATH: OSV records: a folder of JSON files (an unpacked export of osv.dev), or a file with one, a list, or one a line`,
  run: async ({ io, options, client, need }) => {
    const { advisories, broken } = await readAdvisories(resolve(io.cwd, need(0, 'the records')));
    for (const place of broken.slice(0, 20)) io.note(`not read: ${plain(place)} is no OSV record`);
    if (advisories.length === 0) throw new SallyportError('ERR_REQUEST_INVALID', 'there is no OSV record', { remedy: 'See `sallyport help advisories`.' });
    const answer = await client.send('POST', '/knowledge/advisories', { advisories: JSON.parse(JSON.stringify(advisories)) });
    show(io, options.json, { imported: answer, read: advisories.length, broken: broken.length }, () =>
      `${advisories.length} advisories were read, ${broken.length} places were not. ${text(part(answer, 'advisories'))} are known now.\n`);
    return broken.length === 0 ? 0 : 4;
  },
};

const asked: Verb = {
  usage: `ask ECOSYSTEM NAME [VERSION]
advisories ask PACKAGE-URL
          ECOSYSTEM: npm, pypi, go, cargo, nuget, maven, …; app for a program that is in no registry. Without VERSION, what any has`,
  run: async ({ io, options, client, need }) => {
    const first = need(0, 'the ecosystem');
    const named = readPackageUrl(first) ?? { ecosystem: first.toLowerCase(), name: need(1, 'the package'), version: options.positionals[2] };
    const found = knowledgeOf((await currentTables(client)).tables).advisoriesFor(named.ecosystem, named.name, named.version);
    show(io, options.json, { advisories: found.map((match) => ({ ...match, aliases: [...match.aliases] })) }, () => describe(found));
    return found.some(({ certainty }) => certainty === 'affected') ? 1 : 0;
  },
};

function describe(found: readonly AdvisoryMatch[]): string {
  return table(['advisory', 'severity', 'this version', 'fixed in', 'what'], found.map(({ id, severity, certainty, fixedIn, summary }) => [
    id, severity.toLowerCase(), certainty, fixedIn ?? 'none named', summary,
  ]));
}

interface Read {
  readonly advisories: readonly Advisory[];
  /** Places that hold no record. */
  readonly broken: readonly string[];
}

async function readAdvisories(path: string): Promise<Read> {
  const found = await stat(path).catch(() => undefined);
  const names = found?.isDirectory() === true ? (await readdir(path)).filter((name) => name.endsWith('.json')).toSorted() : undefined;
  const files = names?.map((name) => join(path, name)) ?? [path];
  const advisories: Advisory[] = [];
  const broken: string[] = [];
  for (const file of files) {
    for (const { place, value } of recordsOf(await readPlain(file, FILE_BYTES_MAX), file)) {
      const read = ADVISORY.safeParse(value, { reportInput: false });
      if (read.success) advisories.push(read.data);
      else broken.push(place);
    }
    if (advisories.length > LIMITS.advisoriesMax) throw tooMany();
  }
  return { advisories, broken };
}

/** Each record of a file, with its place; what is no JSON is `undefined`. */
function recordsOf(content: string, file: string): readonly { readonly place: string; readonly value: Json | undefined }[] {
  const whole = parsed(content);
  if (Array.isArray(whole)) return whole.map((value, at) => ({ place: `${file}[${at}]`, value }));
  if (whole !== undefined) return [{ place: file, value: whole }];
  return content.split('\n').flatMap((line, at) => (line.trim() === '' ? [] : [{ place: `${file}:${at + 1}`, value: parsed(line) }]));
}

function parsed(content: string): Json | undefined {
  try {
    const value: Json = JSON.parse(content);
    return value;
  } catch {
    return undefined;
  }
}

function tooMany(): SallyportError {
  return new SallyportError('ERR_REQUEST_INVALID', `at most ${LIMITS.advisoriesMax} advisories are kept`, {
    remedy: 'Import those of software that agents and servers use: not a whole ecosystem.',
  });
}

export const command = commandOf('advisories', 'Known flaws of MCP software: what a version has, and records in OSV form', { import: imported, ask: asked });
