import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { InventoryFinding } from '../../discover/correlate/findings.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { keepReport } from './evidence.ts';
import { REPORT } from './schema.ts';

/** So many times may a sensor not be heard before it is silent: one report may be lost. */
const BEATS = 3;

const HOUR_MS = 60 * 60_000;

/** What a sensor says of itself, with every report and between them. */
const BEAT = z.strictObject({
  host: z.string().min(1).max(255).regex(/^[^\p{Cc}\p{Cf}]+$/u, 'must be visible text'),
  everyMs: z.int().min(LIMITS.sensorBeatMsMin).max(LIMITS.sensorBeatMsMax),
  /** Observations that wait on its disk, and that it had to drop since it started, for want of room. */
  queued: z.int().min(0),
  dropped: z.int().min(0),
  state: z.enum(['watching', 'stopped']),
});
type Beat = z.infer<typeof BEAT>;

export const SENSOR = BEAT.extend({ seenAt: z.number(), since: z.number(), state: z.enum(['watching', 'stopped', 'silent']) });
export type StoredSensor = z.infer<typeof SENSOR>;

type Parts = Pick<Control, 'store' | 'record' | 'now'>;

export const SENSED = z.strictObject({ beat: BEAT, report: REPORT.exactOptional() });

/** What the sensor of a node says: that it is there, and what it saw on its host. Throws as `keepReport` does. */
export async function observe(control: Control, node: string | undefined, { beat, report }: z.infer<typeof SENSED>): Promise<JsonObject> {
  if (node === undefined) throw new SallyportError('ERR_LINK_FORBIDDEN', 'a sensor is known by its certificate');
  await hearSensor(control, node, beat);
  if (report === undefined) return {};
  const stray = report.observations.find(({ host }) => host !== undefined && host !== beat.host);
  if (stray !== undefined || report.whole.some(({ host }) => host !== beat.host)) {
    throw new SallyportError('ERR_REQUEST_INVALID', 'a sensor speaks of its own host', { remedy: 'Enrol one sensor on each host.' });
  }
  const kept = await keepReport(control, DEFAULT_SPACE, `sallyport|sensor/${node}`, report);
  control.inventory.changed(DEFAULT_SPACE);
  return { ...kept };
}

/** A sensor is heard. That one stops is on record: from then on nobody looks at its host. */
async function hearSensor({ store, record, now, state }: Parts & Pick<Control, 'state'>, node: string, beat: Beat): Promise<void> {
  const before = (await findStored(store, 'sensor', DEFAULT_SPACE, node))?.body;
  const at = now();
  if (beat.state === 'stopped' && before?.state === 'watching') {
    // One that stops and starts without end fills nobody's journal; that it does not watch now is a finding all the same.
    const stops = await state.increment(`sensor-stops/${Math.floor(at / HOUR_MS)}/${node}`, 1, HOUR_MS);
    if (stops <= LIMITS.sensorStopsPerHourMax) await record(silence(node, { ...before, state: 'stopped' }));
  }
  const since = before === undefined || before.state !== 'watching' ? at : before.since;
  await putStored(store, 'sensor', DEFAULT_SPACE, node, { ...beat, seenAt: at, since }, `sallyport|sensor/${node}`);
}

/** Puts on record, once each, which sensors have not been heard for too long: killed, cut off, or their host is gone. */
export async function noteSilentSensors({ store, record, now }: Parts): Promise<void> {
  for (const { id, body } of await listStored(store, 'sensor', DEFAULT_SPACE)) {
    if (body.state !== 'watching' || now() - body.seenAt <= BEATS * body.everyMs) continue;
    await record(silence(id, { ...body, state: 'silent' }));
    await putStored(store, 'sensor', DEFAULT_SPACE, id, { ...body, state: 'silent' }, 'sallyport|control');
  }
}

function silence(node: string, { host, state, seenAt }: StoredSensor): Parameters<Control['record']>[0] {
  return {
    event: 'sensor.silent', space: DEFAULT_SPACE, principal: `sallyport|sensor/${node}`, principalKind: 'workload', detail: { node, host, state, seenAt },
  };
}

/** Sensors of which nothing is heard: what is on their hosts now, nobody knows. One that was shut out is not expected. */
export async function silentFindings(rows: Rows, now: number): Promise<readonly InventoryFinding[]> {
  const nodes = new Map((await listStored(rows, 'link-node', DEFAULT_SPACE)).map(({ id, body }) => [id, body]));
  const sensors = (await listStored(rows, 'sensor', DEFAULT_SPACE)).filter(({ id }) => nodes.get(`sensor.${id}`)?.revokedAt === undefined);
  return sensors.filter((sensor) => isSilent(sensor, now)).map(({ id, body }) => ({
    id: createHash('sha256').update(`sensor ${id}`).digest('hex').slice(0, ID_CHARS), rule: 'sensor-silent', severity: 'high', asset: '',
    name: `sensor ${id} on ${body.host}`, seen: [body.state === 'stopped' ? 'it was stopped' : 'nothing was heard of it for longer than it said'],
    remedy: `Start it again on ${body.host} (sallyport sensor), or shut it out: sallyport link revoke sensor ${id}.`,
    firstSeenAt: body.seenAt, lastSeenAt: now,
  }));
}

const ID_CHARS = 12;

export function isSilent({ body }: Stored<StoredSensor>, now: number): boolean {
  return body.state !== 'watching' || now - body.seenAt > BEATS * body.everyMs;
}
