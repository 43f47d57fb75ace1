import type { Inspect } from '../detect/inspect.ts';
import type { Subject } from '../domain/detector.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Finding } from '../domain/finding.ts';
import type { Message } from '../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import { subjectsAnswered, subjectsAsked } from './subjects.ts';

/**
 * What detectors see in the messages of the path, both ways. Pointers of findings are into the JSON-RPC message. An inspection that
 * is none (a detector failed, there was too much) is a finding like the others: `inspect/…`, which policy refuses by default.
 */
export interface Inspecting {
  asked(message: Message, exchange: Exchange): readonly Finding[];
  answered(answer: Message, exchange: Exchange): readonly Finding[];
}

export function createInspecting(inspect: Inspect): Inspecting {
  const look = (subjects: readonly Subject[]): readonly Finding[] => subjects.flatMap((subject) => {
    const { findings, incomplete } = inspect(subject);
    return incomplete === undefined ? findings : [...findings, incomplete];
  });
  return {
    asked: (message, exchange) => (isOurs(exchange) ? [] : look(subjectsAsked(message, exchange))),
    answered: (answer, exchange) => (isOurs(exchange) ? [] : look(subjectsAnswered(answer, exchange))),
  };
}

/** What the registry reads is inspected where it is approved, and is given to nobody. */
function isOurs({ principal }: Exchange): boolean {
  return principal.id === REGISTRY_PRINCIPAL_ID;
}
