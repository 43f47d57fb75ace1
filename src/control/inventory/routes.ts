import { z } from 'zod';
import { ASSET_STATUSES } from '../../discover/correlate/asset.ts';
import { toCycloneDx } from '../../discover/cyclonedx.ts';
import { SallyportError } from '../../domain/errors.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { ASSET_KINDS } from '../../domain/observation.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored, putStored } from '../stored.ts';
import { ASSETS, ASSET_IGNORED, ASSET_SHOWN, INVENTORY_FINDINGS, SENSORS_HEARD } from './answer.ts';
import { keepReport } from './evidence.ts';
import type { Taken } from './keeper.ts';
import { presentAsset, presentFinding } from './present.ts';
import { IGNORE, REPORT } from './schema.ts';
import { isSilent } from './sensors.ts';

const PAGE = {
  after: z.string().max(100).exactOptional(), limit: z.coerce.number().int().min(1).max(LIMITS.assetsShownMax).default(LIMITS.assetsShownMax),
};

export const inventoryRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/inventory/observations', summary: 'Say what was seen outside the gate', access: 'observe', reach: 'space', body: REPORT,
    act: async ({ admin, space, body }, control) => {
      const kept = await keepReport(control, space, admin.id, body);
      control.inventory.changed(space);
      return { ...kept };
    },
  }),
  route({
    method: 'GET', path: '/inventory/assets', summary: 'Everything that was seen, compared with the registry', access: 'read', reach: 'space', answer: ASSETS,
    query: { ...PAGE, kind: z.enum(ASSET_KINDS).exactOptional(), status: z.enum(ASSET_STATUSES).exactOptional() },
    act: async ({ space, query: { after = '', limit, kind, status } }, control) => {
      const taken = await control.inventory.take(space);
      const wanted = taken.assets.filter((asset) => asset.id > after && (kind ?? asset.kind) === asset.kind && (status ?? asset.status) === asset.status);
      const page = wanted.toSorted((one, other) => (one.id < other.id ? -1 : 1)).slice(0, limit);
      return {
        assets: page.map((asset) => presentAsset(asset, taken)), total: wanted.length, hints: taken.hints.length, knowsTraffic: taken.knowsTraffic,
        ...(page.length < wanted.length ? { next: page.at(-1)?.id ?? '' } : {}),
      };
    },
  }),
  route({
    method: 'GET', path: '/inventory/assets/:id', summary: 'One asset with all of its evidence', access: 'read', reach: 'space',
    answer: ASSET_SHOWN,
    act: async ({ space, params }, control) => {
      const taken = await control.inventory.take(space);
      return presentAsset(needAsset(taken, params['id']), taken, true);
    },
  }),
  route({
    method: 'GET', path: '/inventory/findings', summary: 'What somebody should do something about, the worst first', access: 'read', reach: 'space',
    answer: INVENTORY_FINDINGS, query: { severity: z.enum(SEVERITIES).exactOptional(), ignored: z.literal('true').exactOptional() },
    act: async ({ space, query: { severity, ignored } }, control) => {
      const taken = await control.inventory.take(space);
      const wanted = taken.findings.filter((one) => (severity ?? one.severity) === one.severity && (ignored === 'true' || !taken.ignored.has(one.asset)));
      return { findings: wanted.slice(0, LIMITS.assetsShownMax).map(presentFinding), total: wanted.length };
    },
  }),
  route({
    method: 'GET', path: '/inventory/cyclonedx', summary: 'Servers and clients as a CycloneDX 1.6 document', access: 'read', reach: 'space',
    act: async ({ space }, control): Promise<Json> => toCycloneDx((await control.inventory.take(space)).assets, control.now()),
  }),
  route({
    method: 'GET', path: '/inventory/sensors', summary: 'Sensors on hosts, and when each was heard last', access: 'read', reach: 'organisation',
    answer: SENSORS_HEARD,
    act: async (_asked, { store, now }) => ({
      sensors: (await listStored(store, 'sensor', DEFAULT_SPACE)).map((sensor): Json => ({
        node: sensor.id, ...sensor.body, state: sensor.body.state === 'watching' && isSilent(sensor, now()) ? 'silent' : sensor.body.state,
      })),
    }),
  }),
  route({
    method: 'POST', path: '/inventory/assets/:id/ignore', summary: 'Hear no more of an asset until a day', access: 'change', reach: 'space', body: IGNORE,
    answer: ASSET_IGNORED,
    act: async ({ admin, space, params, body: { reason, until } }, control) => {
      const now = control.now();
      if (until <= now || until - now > LIMITS.assetIgnoredMsMax) {
        throw new SallyportError('ERR_REQUEST_INVALID', 'body.until: must be later than now, and a year ahead at most', {
          remedy: 'Name a day within a year.',
        });
      }
      const { id, kind, name, keys } = needAsset(await control.inventory.take(space), params['id']);
      const [key = ''] = keys;
      return control.change({ admin, space }, { resource: 'inventory', id, verb: 'ignore', reason, detail: { key, name, until } }, async (rows) => {
        await putStored(rows, 'ignored-asset', space, id, { keys: [...keys], kind, reason, by: admin.id, at: now, until }, admin.id);
        return { id, until };
      });
    },
  }),
  route({
    method: 'DELETE', path: '/inventory/assets/:id/ignore', summary: 'Hear of an asset again', access: 'change', reach: 'space',
    act: async ({ admin, space, params }, control) => {
      const taken = await control.inventory.take(space);
      const { id, keys, kind } = needAsset(taken, params['id']);
      return control.change({ admin, space }, { resource: 'inventory', id, verb: 'heed' }, async (rows) => {
        const its = (await listStored(rows, 'ignored-asset', space)).filter(({ body }) => body.kind === kind && body.keys.some((key) => keys.includes(key)));
        for (const one of its) await rows.delete('ignored-asset', space, one.id, { by: admin.id });
        return { id, heeded: its.length };
      });
    },
  }),
];

function needAsset({ assets }: Taken, id: string | undefined): Taken['assets'][number] {
  const found = assets.find((asset) => asset.id === id);
  if (found === undefined) throw new SallyportError('ERR_NOT_FOUND', 'the inventory has no such asset', { remedy: 'See `sallyport discover inventory`.' });
  return found;
}

