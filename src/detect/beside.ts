import type { FailureMeaning } from '../domain/detect.ts';
import type { Subject } from '../domain/detector.ts';
import type { Finding } from '../domain/finding.ts';
import { lackingOf, type Inspection } from './inspect.ts';

/** What looks at a part of a message outside this thread: told what was found in it already. Never rejects. */
export type Beside = (subject: Subject, found: readonly Finding[]) => Promise<Inspection>;

/** What it means that it could not look, as the settings say. */
export function failedBeside(subject: Subject, by: string, onFailure: FailureMeaning): Inspection {
  if (onFailure === 'permit') return { findings: [lackingOf(subject, 'failure-permitted', by)] };
  return { findings: [], incomplete: lackingOf(subject, 'detector-failed', by) };
}

/** The same where it only looks: for the record, whatever it is. */
export function inShadow(beside: Beside): Beside {
  return async (subject, found) => {
    const { findings, incomplete } = await beside(subject, found);
    return { findings: [], shadow: incomplete === undefined ? findings : [...findings, incomplete] };
  };
}
