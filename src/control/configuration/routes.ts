import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import { applyManifest } from '../manifest/apply.ts';
import { exportManifest } from '../manifest/export.ts';
import { route, validate } from '../route.ts';
import type { Route } from '../route.ts';
import { COMPARISON, CONFIGURATION, ROLLED_BACK, VERIFIED, VERSIONS, VERSION_SHOWN } from './answer.ts';
import { compareStates, rehearsed } from './compare.ts';
import { differencesBetween } from './differences.ts';
import { checkChain, needVersion, stateAt, versionRows } from './history.ts';
import { overlay } from './overlay.ts';
import { presentVersion } from './present.ts';
import { rollBack } from './rollback.ts';
import { COMPARED, ROLLBACK, VERSION_NUMBER } from './schema.ts';
import { stateOf } from './state.ts';
import { readVersion } from './version.ts';

const readRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/configuration', summary: 'Which version is in force, and how the manifest on the disk is to it',
    access: 'read', reach: 'organisation', answer: CONFIGURATION,
    act: async (_, { configuration, onDisk }) => ({
      head: configuration.head === undefined ? null : presentVersion(configuration.head), problem: configuration.problem ?? null,
      manifest: JSON.parse(JSON.stringify(onDisk() ?? null)),
      applied: configuration.applied === undefined ? null : { file: configuration.applied.file, digest: configuration.applied.digest },
    }),
  }),
  route({
    method: 'GET', path: '/configuration/versions', summary: 'Signed versions of the configuration, the newest first: who changed what, when and why',
    access: 'read', reach: 'organisation', query: { limit: z.coerce.number().int().min(1).max(500).default(50) },
    answer: VERSIONS,
    act: async ({ query: { limit } }, { store, configuration }) => {
      const last = (await store.configuration.latest())?.number ?? 0;
      const versions = [];
      for await (const row of versionRows(store, Math.max(0, last - limit))) versions.unshift(presentVersion(readVersion(row, configuration.key)));
      return { versions };
    },
  }),
  route({
    method: 'GET', path: '/configuration/versions/:number', summary: 'One version: what it changed, without any secret, and the space\'s manifest after it',
    access: 'read', reach: 'organisation', answer: VERSION_SHOWN,
    act: async ({ params, space }, { store, configuration, vault }) => {
      const number = validate(VERSION_NUMBER, params['number'], 'number');
      const { version } = await needVersion(store, number, configuration.key);
      const after = await stateAt(store, number, configuration.key, vault.envelope);
      const isFirst = number === 1 || version.statement.anchor === true;
      const before = isFirst ? stateOf([]) : await stateAt(store, number - 1, configuration.key, vault.envelope);
      const { text, policies } = await exportManifest(overlay(store, after), space);
      return {
        ...presentVersion(version), manifestAfter: text, policies: policies.map((policy): Json => ({ ...policy })),
        differences: differencesBetween(before, after).map(({ parts, ...rest }): Json => ({ ...rest, parts: parts.map((part) => ({ ...part })) })),
      };
    },
  }),
  route({
    method: 'GET', path: '/configuration/diff', summary: 'Two versions compared: what differs, and who can do more or less',
    access: 'read', reach: 'organisation',
    query: { from: VERSION_NUMBER, to: VERSION_NUMBER.exactOptional() }, answer: COMPARISON,
    act: async ({ query: { from, to } }, control) => {
      const { store, configuration, vault } = control;
      const at = (number: number): ReturnType<typeof stateAt> => stateAt(store, number, configuration.key, vault.envelope);
      return compareStates(control, await at(from), await at(to ?? configuration.head?.statement.number ?? 1));
    },
  }),
  route({
    method: 'POST', path: '/configuration/diff', summary: 'What a manifest would change, and who could do more or less; nothing is changed',
    access: 'read', reach: 'space', body: COMPARED, answer: COMPARISON,
    act: async ({ admin, space, body }, control) => {
      const { before, after } = await rehearsed(control, (inert) => applyManifest({ admin, space }, body, { dryRun: true }, inert));
      return compareStates(control, before, after);
    },
  }),
  route({
    method: 'POST', path: '/configuration/verify', summary: 'Check every version\'s signature and content, and that what is stored is what the last one says',
    access: 'read', reach: 'organisation', answer: VERIFIED,
    act: async (_, { store, configuration, vault }) => {
      const last = await checkChain(store, configuration.key);
      if (last !== undefined) await stateAt(store, last.statement.number, configuration.key, vault.envelope);
      await store.transaction((rows) => configuration.check(rows));
      return { versions: last?.statement.number ?? 0, digest: last?.digest ?? null, holds: true };
    },
  }),
];

const changeRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/configuration/rollback', summary: 'Make the space what it was after a version', access: 'change', reach: 'space',
    body: ROLLBACK, answer: ROLLED_BACK,
    act: ({ admin, space, body }, control) => rollBack({ admin, space }, body, control),
  }),
];

export const configurationRoutes: readonly Route[] = [...readRoutes, ...changeRoutes];
