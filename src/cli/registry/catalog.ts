import { basename, resolve } from 'node:path';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { readCatalog } from '../../registry/catalogs/catalog.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { readPlain } from '../plain-file.ts';
import { withProgress } from '../progress.ts';
import { plain, span, table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

const SKIPPED_SHOWN = 20;

export const importVerb: Verb = {
  usage: 'import FILE [--as NAME]', options: { as: { type: 'string' } },
  run: async ({ client, io, options, need }) => {
    const file = need(0, 'the file');
    const read = readCatalog(await readPlain(resolve(io.cwd, file), LIMITS.catalogBytesMax), file);
    const source = options.text('as') ?? basename(file).toLowerCase().replace(/\.\w+$/, '').replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '').slice(0,
      60);
    const totals = { added: 0, known: 0, changed: 0, held: 0 };
    const batches = batchesOf(read.entries.map(({ digest: _own, ...entry }): JsonObject => JSON.parse(JSON.stringify(entry))));
    let sent = 0;
    await withProgress(io, () => `${sent} of ${read.entries.length} versions`, async () => {
      for (const entries of batches) {
        const answer = await client.send('POST', '/registry/catalog', { source, entries });
        for (const name of ['added', 'known', 'changed', 'held'] as const) totals[name] += number(part(answer, name));
        sent += entries.length;
      }
    });
    const answer: Json = { source, ...totals, skipped: read.skipped.map((one) => ({ ...one })) };
    show(io, options.json, answer, () => [
      `Versions: ${totals.added} new, ${totals.known} known, ${totals.changed} changed, ${totals.held} held.\n`,
      'Which can be had, and which still cool off: sallyport registry catalog\n',
      ...read.skipped.slice(0, SKIPPED_SHOWN).map(({ at, reason }) => plain(`Skipped ${at}: ${reason}`) + '\n'),
      ...(read.skipped.length > SKIPPED_SHOWN ? [`… and ${read.skipped.length - SKIPPED_SHOWN} more (--json has them all)\n`] : []),
    ].join(''));
    return 0;
  },
};

/** Only of a file: what waits for its other end, or has none, is not read. */
/** As many at a time as one request may bring. */
function batchesOf(entries: readonly JsonObject[]): readonly (readonly JsonObject[])[] {
  const batches: JsonObject[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const size = Buffer.byteLength(JSON.stringify(entry)) + 1;
    const last = batches.at(-1);
    if (last === undefined || last.length >= LIMITS.catalogBatchMax || bytes + size > LIMITS.bodyBytesMax / 2) {
      batches.push([entry]);
      bytes = size;
    } else {
      last.push(entry);
      bytes += size;
    }
  }
  return batches;
}

export const catalog: Verb = {
  usage: 'catalog [--search TEXT] [--state available|cooling|held|released] [--after ENTRY]',
  options: { search: { type: 'string' }, state: { type: 'string' }, after: { type: 'string' } },
  run: async ({ client, io, options }) => {
    const answer = await client.get('/registry/catalog', { search: options.text('search'), state: options.text('state'), after: options.text('after') });
    show(io, options.json, answer, () => {
      const entries = objects(part(answer, 'entries'));
      const more = number(part(answer, 'total')) - entries.length;
      const last = text(entries.at(-1)?.['id']);
      return `${table(['entry', 'of', 'state', 'says of itself'], entries.map((one) => [
        text(one['id']), text(one['source']), stateOf(one), text(one['description']),
      ]))}${more > 0 ? `… and ${more} more: --after ${plain(last)}\n` : ''}`;
    });
    return 0;
  },
};

function stateOf(one: Json): string {
  const state = text(part(one, 'state'));
  if (state === 'cooling') return `cooling for ${span(number(part(one, 'until')) - Date.now())}`;
  return state === 'held' ? `held: ${objects(part(one, 'holds')).map(({ why }) => text(why)).join('; ')}` : state;
}

export const entry: Verb = {
  usage: 'entry NAME@VERSION', options: {},
  run: async ({ client, io, options, need }) => {
    const one = await client.get(`/registry/catalog/${encodeURIComponent(need(0, 'the entry'))}`);
    show(io, options.json, one, () => describe(one));
    return 0;
  },
};

function describe(one: Json): string {
  const published = part(one, 'publishedAt');
  const facts = [
    ['of', text(part(one, 'source'))], ['says of itself', text(part(one, 'description'))], ['state', stateOf(one)],
    ['published there', typeof published === 'number' ? time(published) : 'not said'], ['first seen here', time(number(part(one, 'firstSeenAt')))],
    ['source', text(part(one, 'server', 'repository', 'url'))], ['digest', text(part(one, 'digest'))],
  ];
  const ways = objects(part(one, 'offers')).map((offer, index) => [
    String(index + 1), text(offer['kind']),
    waysOf(offer),
    offer['kind'] === 'unsupported' ? text(offer['why'])
      : objects(offer['wants']).map((want) => `${text(want['kind'])} ${text(want['name'])}${want['isSecret'] === true ? ' (secret)' : ''}`).join('\n'),
  ]);
  const advisories = objects(part(one, 'advisories')).map((found) =>
    `${text(found['id'])} (${text(found['severity'])}, ${text(found['certainty'])}): ${text(found['package'])}`);
  return [
    table(['entry', text(part(one, 'id'))], facts), table(['way', 'kind', 'what', 'wants, or why not'], ways),
    ...advisories.map((line) => plain(`! ${line}`) + '\n'),
    `To have it: sallyport registry request --entry ${plain(text(part(one, 'id')))} --purpose WHY\n`,
  ].join('\n');
}

function waysOf(offer: JsonObject): string {
  const what = text(offer['url'] ?? offer['command'] ?? offer['what']).replaceAll(', ', ' ');
  return offer['sha256'] === undefined ? what : `${what}\nsha256 ${text(offer['sha256'])}`;
}

export const release: Verb = {
  usage: 'release NAME@VERSION --reason WHY', options: { reason: { type: 'string' } },
  run: async ({ client, io, options, need, needText }) => {
    const id = need(0, 'the entry');
    const answer = await client.send('POST', `/registry/catalog/${encodeURIComponent(id)}/release`, { reason: needText('reason') });
    show(io, options.json, answer, () => `${plain(id)} can be asked for and declared, as it is now and for the reasons that held it now.\n`);
    return 0;
  },
};

export const forget: Verb = {
  usage: 'forget NAME', options: {},
  run: async ({ client, io, options, need }) => {
    const answer = await client.send('DELETE', `/registry/catalog/sources/${encodeURIComponent(need(0, 'the catalogue'))}`);
    show(io, options.json, answer, () => `Versions forgotten, with when each was seen first: ${text(part(answer, 'removed'))}.\n`);
    return 0;
  },
};
