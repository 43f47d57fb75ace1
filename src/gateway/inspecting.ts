import type { Inspect, Inspection } from '../detect/inspect.ts';
import type { Subject } from '../domain/detector.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Finding } from '../domain/finding.ts';
import type { Message } from '../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import { subjectsAnswered, subjectsAsked } from './subjects.ts';

/** What was found in one message. */
export interface Inspected {
  readonly findings: readonly Finding[];
  /** Of detectors that only look: for the record, and for nothing else. */
  readonly shadow: readonly Finding[];
}

/**
 * What detectors see in the messages of the path, both ways. Pointers of findings are into the JSON-RPC message. An inspection that
 * is none (a detector failed, there was too much) is a finding like the others: `inspect/…`, which policy refuses by default.
 */
export interface Inspecting {
  asked(message: Message, exchange: Exchange): Inspected | Promise<Inspected>;
  answered(answer: Message, exchange: Exchange): Inspected | Promise<Inspected>;
}

/** What looks at the messages of one server. */
export interface Looking {
  readonly inspect: Inspect;
  /** What looks outside this thread, and is waited for. */
  readonly beside?: (subject: Subject) => Promise<Inspection>;
}

export function createInspecting(lookingAt: (exchange: Exchange) => Looking): Inspecting {
  const look = (subjects: readonly Subject[], exchange: Exchange): Inspected | Promise<Inspected> => {
    const { inspect, beside } = lookingAt(exchange);
    const inspections = subjects.map((subject) => inspect(subject));
    const first = joined(inspections);
    // What is refused anyway is shown to nobody outside.
    if (beside === undefined || inspections.some(({ incomplete }) => incomplete !== undefined)) return first;
    const others = Promise.all(subjects.map((subject) => beside(subject)));
    return others.then((more) => joined([first, ...more]));
  };
  return {
    asked: (message, exchange) => (isOurs(exchange) ? NOTHING : look(subjectsAsked(message, exchange), exchange)),
    answered: (answer, exchange) => (isOurs(exchange) ? NOTHING : look(subjectsAnswered(answer, exchange), exchange)),
  };
}

const NOTHING: Inspected = { findings: [], shadow: [] };

function joined(inspections: readonly Inspection[]): Inspected {
  return {
    // A record holds the first of many findings: why something was refused is among them.
    findings: [...inspections.flatMap(({ incomplete }) => incomplete ?? []), ...inspections.flatMap(({ findings }) => findings)],
    shadow: inspections.flatMap(({ shadow = [] }) => shadow),
  };
}

/** What the registry reads is inspected where it is approved, and is given to nobody. */
function isOurs({ principal }: Exchange): boolean {
  return principal.id === REGISTRY_PRINCIPAL_ID;
}
