import type { Beside } from '../detect/beside.ts';
import { detectorsAt, informedDetectors } from '../detect/configured.ts';
import { createInspector, type Inspect } from '../detect/inspect.ts';
import { openKnown } from '../detect/secrets/sealed.ts';
import { SHIPPED_KIT } from '../detect/edition/kit.ts';
import type { Kit } from '../detect/edition/kit.ts';
import { UNINFORMED } from '../detect/surroundings.ts';
import { DETECTORS, detectorsWith } from '../detect/table.ts';
import type { SpaceDetect } from '../domain/detect.ts';
import type { Detector } from '../domain/detector.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { KnownSecrets } from '../domain/known-secrets.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Looking } from './inspecting.ts';

/** What looks outside this thread on behalf of a space's settings. */
export interface Outside {
  /** Undefined: nothing looks there at this server's messages. */
  at(snapshot: Snapshot, space: string, server: string): Beside | undefined;
}

/**
 * What looks at an exchange's messages: as the snapshot says that it is judged by. Made once for each snapshot, space and server, and anew
 * when detectors are made of something else (`kit`): one message is looked at by one of them.
 */
export function createInspectors(knownKey: Uint8Array, outside: Outside, kit: () => Kit): (exchange: Exchange) => Looking {
  let [made, informed, of] = [new WeakMap<Snapshot, Map<string, Looking>>(), createInformed(knownKey, kit()), kit()];
  return ({ snapshot, space, server }) => {
    if (of !== kit()) [made, informed, of] = [new WeakMap(), createInformed(knownKey, kit()), kit()];
    const all = made.get(snapshot) ?? new Map<string, Looking>();
    made.set(snapshot, all);
    const place = `${space}/${server.id}`;
    const before = all.get(place);
    if (before !== undefined) return before;
    const detectors = informed(snapshot, space);
    const beside = outside.at(snapshot, space, server.id);
    const inspect = inspectAt(detectors, snapshot.detect?.[space], server.id);
    const looking = { inspect, ...(beside === undefined ? {} : { beside: withoutSecrets(beside, detectors) }) };
    all.set(place, looking);
    return looking;
  };
}

/** What looks outside is told which parts are secrets, however that detector is set; where that can't be known it is shown nothing. */
function withoutSecrets(beside: Beside, detectors: readonly Detector[]): NonNullable<Looking['beside']> {
  const inspect = createInspector(detectors.filter(({ id }) => id === 'secrets'));
  return async (subject) => {
    const { findings, incomplete } = inspect(subject);
    return incomplete === undefined ? beside(subject, findings) : { findings: [], incomplete };
  };
}

const inspectAsShipped = createInspector(DETECTORS);

function inspectAt(detectors: readonly Detector[], settings: SpaceDetect | undefined, server: string): Inspect {
  if (detectors === DETECTORS && settings === undefined) return inspectAsShipped;
  return createInspector(detectorsAt(detectors, settings ?? {}, server));
}

/** The detectors of a space; made anew where what they know is another than in the snapshot before. */
function createInformed(knownKey: Uint8Array, kit: Kit): (snapshot: Snapshot, space: string) => readonly Detector[] {
  const plain = kit === SHIPPED_KIT ? DETECTORS : detectorsWith(UNINFORMED, kit);
  const last = new Map<string, { readonly of: string; readonly detectors: readonly Detector[] }>();
  return ({ detect, known, flow }, space) => {
    const [settings, sealed, names = []] = [detect?.[space], known?.[space], flow?.names];
    if (settings === undefined && sealed === undefined && names.length === 0) return plain;
    const of = JSON.stringify([settings ?? null, sealed ?? null, names]);
    const before = last.get(space);
    if (before?.of === of) return before.detectors;
    const detectors = informedBy(settings ?? {}, sealed === undefined ? undefined : tryOpen(knownKey, space, sealed), names, kit);
    last.set(space, { of, detectors });
    return detectors;
  };
}

function tryOpen(key: Uint8Array, space: string, sealed: string): KnownSecrets | 'unreadable' {
  try {
    return openKnown(key, space, sealed);
  } catch {
    return 'unreadable';
  }
}

/** Where secrets can't be known, the detector that would know them fails, and says so in every inspection. */
function informedBy(
  settings: SpaceDetect, secrets: KnownSecrets | 'unreadable' | undefined, names: readonly string[], kit: Kit,
): readonly Detector[] {
  if (secrets !== 'unreadable') return informedDetectors(settings, secrets, names, kit);
  return informedDetectors(settings, undefined, names, kit).map((detector) => (detector.id === 'secrets' ? { ...detector, detect: unreadable } : detector));
}

function unreadable(): never {
  throw new Error('the secrets of the vault are not known');
}
