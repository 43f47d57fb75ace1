import { modeOf, type FailureMeaning, type SpaceDetect } from '../domain/detect.ts';
import type { Detector } from '../domain/detector.ts';
import type { KnownSecrets } from '../domain/known-secrets.ts';
import type { Kit } from './edition/kit.ts';
import { detectorsWith } from './table.ts';
import { UNINFORMED, type Surroundings } from './surroundings.ts';

/** What a space says, made into what detectors know besides the message. */
function surroundingsOf(
  { trustedHosts, blockedHosts, resultCharsMax, servers = {} }: SpaceDetect, secrets: KnownSecrets | undefined, names: readonly string[],
): Surroundings {
  const all = Object.entries(servers);
  return {
    trustedHosts: trustedHosts ?? UNINFORMED.trustedHosts,
    blockedHosts: blockedHosts ?? UNINFORMED.blockedHosts,
    resultCharsMax: resultCharsMax ?? UNINFORMED.resultCharsMax,
    roots: Object.fromEntries(all.flatMap(([id, { roots }]) => (roots === undefined ? [] : [[id, roots] as const]))),
    privateTargets: new Set(all.flatMap(([id, { privateTargets }]) => (privateTargets === true ? [id] : []))),
    tightened: Object.fromEntries(all.flatMap(([id, { arguments: schemas = {} }]) =>
      Object.entries(schemas).map(([tool, schema]) => [`${id}/${tool}`, schema] as const))),
    ...(secrets === undefined ? {} : { secrets }), ...(names.length === 0 ? {} : { people: new Set(names) }),
  };
}

/** The detectors of a space, as they know it; which of them look at a server is another question. */
export function informedDetectors(
  settings: SpaceDetect, secrets: KnownSecrets | undefined, names: readonly string[], kit: Kit,
): readonly Detector[] {
  return detectorsWith(surroundingsOf(settings, secrets, names), kit);
}

/** Those that look at one server, each as it is set there. */
export function detectorsAt(detectors: readonly Detector[], settings: SpaceDetect, server: string): readonly Detector[] {
  const failure = failureAt(settings, server) === 'permit' ? 'open' : 'closed';
  return detectors.flatMap((detector) => {
    const mode = modeOf(settings, server, detector.id);
    return mode === 'off' ? [] : [{ ...detector, failure, shadow: mode === 'shadow' }];
  });
}

function failureAt({ onFailure, servers }: SpaceDetect, server: string): FailureMeaning {
  return servers?.[server]?.onFailure ?? onFailure ?? 'refuse';
}
