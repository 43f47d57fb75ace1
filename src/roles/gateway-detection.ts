import { SallyportError } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Journal } from '../domain/record.ts';
import { createDetectionKeeper } from '../gateway/detection.ts';
import type { DetectionKeeper } from '../gateway/detection.ts';
import type { InForceKeeper } from '../gateway/in-force.ts';
import type { Link } from '../link/connect.ts';
import { ownRecord } from './floor.ts';

export interface DetectionJoint extends DetectionKeeper {
  close(): void;
}

/** Joins what detectors are made of to control's link: looked after at each snapshot, and from time to time, so that control knows of it. */
export function joinDetection(control: Pick<Link, 'call'>, inForce: InForceKeeper, node: string, journal: Journal): DetectionJoint {
  const keeper = createDetectionKeeper({
    wanted: () => inForce.snapshot?.detection,
    ask: async (by, digest) => {
      const answer = await control.call('control.detection', { node, ...by, ...(digest === undefined ? {} : { wants: digest }) });
      const text = isObject(answer) ? answer['text'] : undefined;
      if (digest !== undefined && typeof text !== 'string') throw new SallyportError('ERR_LINK_FRAME', 'control.detection was answered with something else');
      return typeof text === 'string' ? text : undefined;
    },
    kept: (by, { digest, sequence }, { code, message }) => {
      console.error(`gateway: edition ${sequence} of what detectors are made of is not used: ${code}: ${message}`);
      const detail = { wanted: digest, sequence, inspectsBy: { ...by } };
      // What can't be told now stands in the status of the installation.
      journal.append(ownRecord(node, { event: 'detection.kept', space: DEFAULT_SPACE, code, reason: message, detail })).catch(() => undefined);
    },
  });
  const unfollow = inForce.onChange(() => void keeper.tend());
  const timer = setInterval(() => void keeper.tend(), LIMITS.detectionLookMs);
  return {
    ...keeper,
    close() {
      unfollow();
      clearInterval(timer);
    },
  };
}
