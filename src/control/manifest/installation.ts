import type { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { APPROVALS_SHAPE } from '../../registry/approval-shape.ts';
import { AUDIT_SHAPE } from '../../registry/audit-shape.ts';
import { BACKUP_SHAPE } from '../../registry/backup-shape.ts';
import { KNOWLEDGE_SHAPE } from '../../registry/knowledge-shape.ts';
import { LIMITS_SHAPE } from '../../registry/limits-shape.ts';
import { NOTIFY_SHAPE } from '../../registry/notify-shape.ts';
import { PACKAGES_SHAPE } from '../../registry/package-shape.ts';
import { REGISTRY_SHAPE } from '../../registry/registry-shape.ts';
import { REVIEWS_SHAPE } from '../../registry/review-shape.ts';
import { RUNNER_SHAPE } from '../../registry/sandbox-shape.ts';
import { SCHEDULE_SHAPE } from '../../registry/schedule-shape.ts';
import { TELEMETRY_SHAPE } from '../../registry/telemetry-shape.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';
import type { By } from '../control.ts';

/** Settings of the whole installation, by their key in the manifest and in the store: only the manifest of the default space says them. */
const SHAPES = {
  limits: LIMITS_SHAPE, audit: AUDIT_SHAPE, telemetry: TELEMETRY_SHAPE, approvals: APPROVALS_SHAPE, backup: BACKUP_SHAPE, runner: RUNNER_SHAPE,
  packages: PACKAGES_SHAPE, registry: REGISTRY_SHAPE, knowledge: KNOWLEDGE_SHAPE, notify: NOTIFY_SHAPE, schedule: SCHEDULE_SHAPE, reviews: REVIEWS_SHAPE,
} as const;
type Key = keyof typeof SHAPES;
type Settings = { readonly [K in Key]: z.output<(typeof SHAPES)[K]> };
export type Installation = Partial<Settings>;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of what stands above
const KEYS = Object.keys(SHAPES) as readonly Key[];

/** Reads one of them: empty where nothing is said. */
export function installationReader<K extends Key>(key: K): (rows: Pick<Rows, 'get'>) => Promise<Settings[K]> {
  const shapes: { readonly [One in Key]: { parse(body: unknown): Settings[One] } } = SHAPES;
  return async (rows) => shapes[key].parse((await rows.get('setting', DEFAULT_SPACE, key))?.body ?? {});
}

/** Those that say something. */
export async function readInstallation(rows: Pick<Rows, 'get'>): Promise<Installation> {
  const read = await Promise.all(KEYS.map(async (key) => [key, await installationReader(key)(rows)] as const));
  return Object.fromEntries(read.filter(([, value]) => !isEmpty(value)));
}

/** Makes all of them what is wanted, what is absent empty; which of them changed. Throws `ERR_CONFIG_INVALID` for another space than the default one. */
export async function writeInstallation(rows: Rows, { space, admin }: By, wanted: Installation): Promise<readonly Key[]> {
  const changed: Key[] = [];
  for (const key of KEYS) {
    const value = wanted[key] ?? {};
    if (space !== DEFAULT_SPACE) {
      if (isEmpty(value)) continue;
      throw new SallyportError('ERR_CONFIG_INVALID', `${key}: it is of the whole installation, not of the space ${space}`, {
        remedy: 'Set it in the default space.',
      });
    }
    if (Bun.deepEquals(await installationReader(key)(rows), value)) continue;
    const by = { by: admin.id };
    await (isEmpty(value) ? rows.delete('setting', space, key, by) : rows.put('setting', space, key, decodeJson(JSON.stringify(value)), by));
    changed.push(key);
  }
  return changed;
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
