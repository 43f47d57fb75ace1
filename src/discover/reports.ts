import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { isUnseen } from '../domain/observation.ts';
import type { Looked, Observation, Sensor, Unseen } from '../domain/observation.ts';

/** What one run saw, and what it could not see. */
export interface Seen {
  readonly observations: readonly Observation[];
  readonly unseen: readonly Unseen[];
  /** False: it was stopped, or there was more than one run may see. */
  readonly isWhole: boolean;
}

/** What was looked at whole, for who keeps what was seen there before. */
export interface Whole {
  readonly sensors: readonly Exclude<Sensor, 'gate'>[];
  readonly host: string;
  /** When the look began, epoch ms. */
  readonly since: number;
}

/** Everything of one run; what is more than one run may give is said as unseen. */
export async function gather(looked: Looked, signal: AbortSignal): Promise<Seen> {
  const observations: Observation[] = [];
  const unseen: Unseen[] = [];
  for await (const item of looked) {
    if (signal.aborted) return { observations, unseen, isWhole: false };
    if (isUnseen(item)) {
      // What could not be seen at so many places could be anywhere.
      if (unseen.length >= LIMITS.observationsMax) return { observations, unseen, isWhole: false };
      unseen.push(item);
    } else if (observations.length < LIMITS.observationsMax) observations.push(item);
    else {
      unseen.push({ place: item.place, reason: `one run sees at most ${LIMITS.observationsMax} things: look at less at a time` });
      return { observations, unseen, isWhole: false };
    }
  }
  return { observations, unseen, isWhole: !signal.aborted };
}

/** What one run saw, in reports of the size that control takes; that the look was whole comes with the last of them. */
export function reportsOf({ observations, unseen, isWhole }: Seen, whole: Whole | undefined): readonly JsonObject[] {
  const except = [...new Set(unseen.map(({ place }) => place.slice(0, PLACE_CHARS_MAX)))].filter((place) => place !== '');
  const isSure = whole !== undefined && isWhole && except.length <= LIMITS.unseenShownMax;
  const ended: readonly Json[] = isSure ? [{ ...whole, sensors: [...whole.sensors], except }] : [];
  // What is there now was seen now, whatever time its own papers give.
  const now = observations.map((one) => (isSure && isOf(one, whole) ? { ...one, seenAt: Math.max(one.seenAt, whole.since) } : one));
  const reports: JsonObject[] = [];
  for (let at = 0; at === 0 || at < now.length; at += LIMITS.observationsReportedMax) {
    const isLast = at + LIMITS.observationsReportedMax >= now.length;
    const these: Json = JSON.parse(JSON.stringify(now.slice(at, at + LIMITS.observationsReportedMax)));
    reports.push({ observations: these, whole: isLast ? ended : [] });
  }
  return reports;
}

const PLACE_CHARS_MAX = 1_000;

function isOf({ sensor }: Observation, { sensors }: Whole): boolean {
  return sensors.some((one) => one === sensor);
}
