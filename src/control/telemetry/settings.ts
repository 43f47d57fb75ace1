import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { TELEMETRY_SHAPE } from '../../registry/telemetry-shape.ts';
import type { TelemetryShape } from '../../registry/telemetry-shape.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';

const ID = 'telemetry';

/** What the manifest of the default space says of telemetry, for the whole installation. */
export async function readTelemetry(rows: Rows): Promise<TelemetryShape> {
  const row = await rows.get('setting', DEFAULT_SPACE, ID);
  return TELEMETRY_SHAPE.parse(row?.body ?? {});
}

/** Whether anything changed. Throws `ERR_CONFIG_INVALID`: spans of every space go where this says, so no other space says it. */
export async function writeTelemetry(rows: Rows, space: string, telemetry: TelemetryShape, by: string): Promise<boolean> {
  const isNone = Object.keys(telemetry).length === 0;
  if (space !== DEFAULT_SPACE) {
    if (isNone) return false;
    throw new SallyportError('ERR_CONFIG_INVALID', `telemetry is the installation's, not the space ${space}'s`, { remedy: 'Set it in the default space.' });
  }
  if (Bun.deepEquals(await readTelemetry(rows), telemetry)) return false;
  await (isNone ? rows.delete('setting', space, ID, { by }) : rows.put('setting', space, ID, decodeJson(JSON.stringify(telemetry)), { by }));
  return true;
}
