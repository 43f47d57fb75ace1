import type { Json } from '../../domain/json.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { MANIFEST_FILES } from './answer.ts';
import { applyManifest } from './apply.ts';
import { exportManifest } from './export.ts';
import { MANIFEST_REQUEST } from './schema.ts';

export const manifestRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/manifest', summary: 'The space as sallyport.yaml and policy files', access: 'read', reach: 'space', answer: MANIFEST_FILES,
    act: async ({ space }, { store }) => {
      const { text, policies, extraRoots } = await exportManifest(store, space);
      return { text, policies: policies.map((policy): Json => ({ ...policy })), extraRoots: extraRoots === undefined ? null : { ...extraRoots } };
    },
  }),
  route({
    method: 'POST', path: '/manifest', summary: 'Make the space match a manifest, all or nothing', access: 'change', reach: 'space', body: MANIFEST_REQUEST,
    act: ({ admin, space, body: { dryRun, reason, ...files } }, control) =>
      applyManifest({ admin, space }, files, { dryRun, ...(reason === undefined ? {} : { reason }) }, control),
  }),
];
