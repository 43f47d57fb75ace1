import type { Json } from '../../domain/json.ts';
import type { Tables } from '../../knowledge/shape.ts';
import { usageError } from '../arguments.ts';
import { show } from '../command.ts';
import { table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { currentTables } from './current.ts';

interface Shown {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | undefined)[])[];
  readonly value: object;
}

/** Each table as people read it; machines get its rows as they are. */
const TABLES: Readonly<Record<string, (tables: Tables) => Shown>> = {
  advisories: ({ advisories }) => ({
    head: ['advisory', 'severity', 'of', 'what'], value: advisories,
    rows: advisories.map(({ id, database_specific: { severity }, affected, summary }) => [
      id, severity.toLowerCase(), affected.map(({ package: named, database_specific: own }) => named?.name ?? own?.application).join('\n'), summary,
    ]),
  }),
  'vendor-endpoints': ({ vendorEndpoints }) => ({
    head: ['vendor', 'address', 'shows', 'known by its name alone'], value: vendorEndpoints,
    rows: vendorEndpoints.map(({ vendor, url, auth, isDedicated }) => [vendor, url, auth.join(', '), isDedicated ? 'yes' : 'no']),
  }),
  'client-names': ({ clientNames }) => ({
    head: ['calls itself', 'client', 'at'], value: clientNames, rows: clientNames.map(({ name, title, homepage }) => [name, title, homepage]),
  }),
  'end-of-life': ({ endOfLife }) => ({
    head: ['what', 'kind', 'since', 'instead'], value: endOfLife,
    rows: [
      ...endOfLife.revisions.map(({ revision, isCurrent }) => [revision, 'revision', '', isCurrent ? 'current' : '']),
      ...endOfLife.deprecated.map(({ what, kind, since, instead }) => [what, kind, since, instead]),
      ...endOfLife.clients.map(({ title, endedAt, successor }) => [title, 'client', endedAt, successor]),
      ...endOfLife.sdkFloors.map(({ ecosystem, name, floors }) => [`${ecosystem} ${name}`, 'sdk', '', `at least ${floors.join(' or ')}`]),
    ],
  }),
  discovery: ({ discovery }) => ({
    head: ['what', 'looked for'], value: discovery,
    rows: [
      ['ports', discovery.ports.join(', ')], ['paths', discovery.paths.join('\n')], ['texts of errors', discovery.markers.join('\n')],
      ...Object.entries(discovery.dangerousTools).map(([what, words]) => [`tools that ${what}`, words.join(', ')]),
    ],
  }),
};

export const listed: Verb = {
  usage: `list ${Object.keys(TABLES).join('|')}`,
  run: async ({ io, options, client, need }) => {
    const name = need(0, 'the table');
    const make = Object.hasOwn(TABLES, name) ? TABLES[name] : undefined;
    if (make === undefined) throw usageError({ usage: `knowledge ${listed.usage}` }, `there is no table "${name}"`);
    const { tables } = await currentTables(client);
    const { head, rows, value } = make(tables);
    const told: Json = JSON.parse(JSON.stringify(value));
    show(io, options.json, told, () => table(head, rows));
    return 0;
  },
};
