import type { DetectSettings } from '../../domain/detect.ts';
import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { detectorsOfDefaults, detectorsReadIn } from '../../policy/defaults/table.ts';
import { splitPolicies } from '../../policy/split.ts';
import { DETECT_SHAPE, detectOf } from '../../registry/detect-shape.ts';
import type { DetectShape } from '../../registry/detect-shape.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';
import { listStored } from '../stored.ts';

const ID = 'detect';

/** What the manifest of a space says of detection. */
export async function readDetect(rows: Rows, space: string): Promise<DetectShape> {
  return DETECT_SHAPE.parse((await rows.get('setting', space, ID))?.body ?? {});
}

/**
 * What holds in a space by now. Where the organisation switches a detector on after a space has switched it off, or a policy of its own or
 * one that ships stands on it from now on, the space's word is over.
 */
export async function readDetectInForce(rows: Rows, space: string): Promise<DetectShape> {
  const said = await readDetect(rows, space);
  return space === DEFAULT_SPACE ? said : without(said, await readFixed(rows));
}

function without({ detectors, servers, ...rest }: DetectShape, fixed: ReadonlySet<string>): DetectShape {
  const stays = (modes: DetectShape['detectors']): Pick<DetectShape, 'detectors'> => (modes === undefined ? {}
    : { detectors: Object.fromEntries(Object.entries(modes).filter(([id, mode]) => mode === 'on' || !fixed.has(id))) });
  return {
    ...rest, ...stays(detectors),
    ...(servers === undefined ? {} : { servers: Object.fromEntries(Object.entries(servers).map(([id, one]) => [id, { ...one, ...stays(one.detectors) }])) }),
  };
}

/**
 * What other spaces leave on: what policies that ship or hold for the whole organisation stand on, and what the organisation says is on.
 * Text that claims such a scope is enough: what compiles is no question here.
 */
async function readFixed(rows: Rows): Promise<ReadonlySet<string>> {
  const { detectors = {} } = await readDetect(rows, DEFAULT_SPACE);
  const texts = (await listStored(rows, 'policy', DEFAULT_SPACE)).flatMap(({ body: { file, source } }) => splitPolicies(file, source).map(({ text }) => text));
  const scoped = texts.filter((text) => /@\s*scope\b/.test(text));
  return new Set([...detectorsOfDefaults(), ...detectorsReadIn(scoped), ...Object.entries(detectors).flatMap(([id, mode]) => (mode === 'on' ? [id] : []))]);
}

/** Whether anything changed. Throws `ERR_CONFIG_INVALID` for what would take from a space what the organisation's own policies stand on. */
export async function writeDetect(rows: Rows, space: string, detect: DetectShape, by: string): Promise<boolean> {
  if (space !== DEFAULT_SPACE) checkOwn(space, detect, await readFixed(rows));
  if (Bun.deepEquals(await readDetect(rows, space), detect)) return false;
  const body = decodeJson(JSON.stringify(detect));
  await (JSON.stringify(body) === '{}' ? rows.delete('setting', space, ID, { by }) : rows.put('setting', space, ID, body, { by }));
  return true;
}

/** Policies of the whole organisation see nothing where a space has nobody look. */
function checkOwn(space: string, { servers = {}, ...all }: DetectShape, fixed: ReadonlySet<string>): void {
  const parts = [all, ...Object.values(servers)];
  const weaker = parts.flatMap(({ detectors = {} }) => Object.entries(detectors)).find(([id, mode]) => mode !== 'on' && fixed.has(id));
  if (weaker !== undefined) {
    throw new SallyportError('ERR_CONFIG_INVALID', `detect: policies of the organisation stand on the detector ${weaker[0]}`, {
      remedy: `Leave it on in the space ${space}, or change that in the default space.`,
    });
  }
  const permits = [...parts, all.remote, ...(all.plugins ?? [])].some((part) => part?.onFailure === 'permit');
  if (!permits && all.plugins === undefined) return;
  throw new SallyportError('ERR_CONFIG_INVALID', permits ? 'detect: what a failure means is the organisation\'s to say'
    : 'detect: code that runs in the gateway is the organisation\'s to name', {
    remedy: `Take it out of the space ${space}, or say it in the default space.`,
  });
}

/** Of all spaces that say something, as gateways need it. */
export async function readDetectSettings(rows: Rows): Promise<DetectSettings> {
  const said = (await rows.list('setting')).filter(({ id }) => id === ID);
  return Object.fromEntries(await Promise.all(said.map(async ({ space }) => [space, detectOf(await readDetectInForce(rows, space))] as const)));
}
