import type { Subject } from '../../domain/detector.ts';
import type { Finding, Span } from '../../domain/finding.ts';
import { placesOf } from '../walk.ts';

const REDACTED = '[redacted]';

/**
 * What of a subject a judge is shown: its texts, a line each, without what was found to be a secret. Undefined: there is nothing to
 * read, or more than is ever looked at. Where a secret has no certain place in a text, that text is left out.
 */
export function shownOf(subject: Subject, found: readonly Finding[]): string | undefined {
  const places = placesOf(subject);
  if (places === undefined) return undefined;
  const secret = found.filter(({ detector, labels }) => detector === 'secrets' || labels?.categories?.includes('secret') === true);
  const spans = secret.flatMap((finding) => finding.spans ?? []);
  const whole = new Set(secret.filter((finding) => finding.spans === undefined).flatMap(({ at }) => at));
  const lines = places.filter(({ isName }) => !isName).map(({ pointer, text }) =>
    (whole.has(pointer) ? REDACTED : without(text, spans.filter(({ at }) => at === pointer))));
  const shown = lines.filter((line) => line.trim() !== '').join('\n');
  return shown === '' ? undefined : shown;
}

function without(text: string, spans: readonly Span[]): string {
  let kept = '';
  let from = 0;
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    if (start > from || kept === '') kept += text.slice(from, start) + REDACTED;
    from = Math.max(from, end);
  }
  return kept + text.slice(from);
}
