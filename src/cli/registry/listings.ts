import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

export const list: Verb = {
  usage: 'list [--all]', options: { all: { type: 'boolean' } },
  run: async ({ client, io, options }) => {
    const answer = await client.get('/registry/listings');
    show(io, options.json, answer, () => {
      const shown = objects(part(answer, 'listings')).filter((one) => options.flag('all') || one['isLatest'] === true);
      const rows = shown.map((one) => [
        text(one['name']), text(one['version']), `${text(one['status'])}${one['statusMessage'] === undefined ? '' : `: ${text(one['statusMessage'])}`}`,
        time(number(one['publishedAt'])), builtFrom(one), objects(one['advisories']).map(({ id, severity }) => `${text(id)} (${text(severity)})`).join('\n'),
      ]);
      const readers = part(answer, 'anonymous') === true ? 'anybody who reaches control\'s door'
        : 'people who signed in (`registry.anonymous: true` in sallyport.yaml lets clients in)';
      return `${table(['name', 'version', 'status', 'published', 'built from', 'advisories'], rows)}Read by: ${readers}.\n`;
    });
    return 0;
  },
};

/** Who says verifiably that they built what runs. */
function builtFrom(one: JsonObject): string {
  if (one['package'] === undefined) return '';
  const repository = part(one, 'package', 'provenance', 'repository');
  return `${text(part(one, 'package', 'purl'))}\n${repository === undefined ? 'nobody says verifiably who built it' : text(repository)}`;
}

export const publishVerb: Verb = {
  usage: 'publish SERVER --description TEXT [--title TEXT] [--version VERSION] [--website URL] [--sbom URL] [--review-by YYYY-MM-DD]',
  options: {
    description: { type: 'string' }, title: { type: 'string' }, version: { type: 'string' }, website: { type: 'string' }, sbom: { type: 'string' },
      'review-by': { type: 'string' },
  },
  run: async ({ client, io, options, need }) => {
    const said: JsonObject = Object.fromEntries([
      ['description', options.text('description')], ['title', options.text('title')], ['version', options.text('version')],
      ['websiteUrl', options.text('website')], ['sbom', options.text('sbom')],
    ].flatMap(([name = '', value]) => (value === undefined ? [] : [[name, value]])));
    const reviewBy = readDay(options.text('review-by'));
    const body = { server: need(0, 'the server'), ...said, ...(reviewBy === undefined ? {} : { reviewBy }) };
    const answer = await client.send('POST', '/registry/listings', body);
    show(io, options.json, answer, () => `${plain(text(part(answer, 'server')))} is published as version ${plain(text(part(answer, 'version')))}.\n`);
    return 0;
  },
};

function readDay(day: string | undefined): number | undefined {
  if (day === undefined) return undefined;
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(day) : Number.NaN;
  if (Number.isNaN(at)) throw new SallyportError('ERR_USAGE', '--review-by is no date', { remedy: 'Write for instance 2027-06-30.' });
  return at;
}

export const status: Verb = {
  usage: 'status SERVER active|deprecated|deleted [--version VERSION] [--message WHY]', options: { version: { type: 'string' }, message: { type: 'string' } },
  run: async ({ client, io, options, need }) => {
    const server = need(0, 'the server');
    const [version, message] = [options.text('version'), options.text('message')];
    const body = { status: need(1, 'the status'), ...(version === undefined ? {} : { version }), ...(message === undefined ? {} : { message }) };
    const answer = await client.send('POST', `/registry/listings/${encodeURIComponent(server)}/status`, body);
    show(io, options.json, answer, () => `${plain(server)} ${plain(text(part(answer, 'versions')))}: ${plain(text(part(answer, 'status')))}.\n`);
    return 0;
  },
};

export const exportVerb: Verb = {
  usage: 'export FILE', options: {},
  run: async ({ client, io, options, need }) => {
    const file = need(0, 'the file');
    const answer = await client.get('/registry/listings');
    const servers = objects(part(answer, 'listings')).filter((one) => one['isLatest'] === true && one['status'] !== 'deleted').map((one): Json =>
      one['published'] ?? null);
    // The form of the list answer of the registry API, for clients that read one file over HTTPS.
    await writeFile(resolve(io.cwd, file), `${JSON.stringify({ servers, metadata: { count: servers.length } }, undefined, 2)}\n`);
    show(io, options.json, { file, servers: servers.length }, () => `${servers.length} servers are in ${plain(file)}.\n`);
    return 0;
  },
};

export const sbom: Verb = {
  usage: 'sbom SERVER VERSION', options: {},
  run: async ({ client, io, need }) => {
    const answer = await client.get(`/registry/listings/${encodeURIComponent(need(0, 'the server'))}/${encodeURIComponent(need(1, 'the version'))}/sbom`);
    // A document for machines, whichever way it is asked for.
    show(io, true, answer, () => '');
    return 0;
  },
};
