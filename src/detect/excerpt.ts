import type { Subject } from '../domain/detector.ts';
import type { Finding } from '../domain/finding.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Json } from '../domain/json.ts';

const BEFORE_CHARS = 24;
const EXCERPT_CHARS_MAX = 160;

/** The words that a finding is about, with a little of what stands before them; '' where it points at no text. As said: whoever shows it makes it safe. */
export function excerptOf({ at, spans }: Finding, { json, at: root }: Subject): string {
  const span = spans?.find(({ at: place }) => typeof valueAt(json, place, root) === 'string');
  const place = span?.at ?? at.find((pointer) => typeof valueAt(json, pointer, root) === 'string');
  const text = place === undefined ? undefined : valueAt(json, place, root);
  if (typeof text !== 'string') return '';
  const start = Math.max(0, (span?.start ?? 0) - BEFORE_CHARS);
  const end = Math.min(text.length, start + EXCERPT_CHARS_MAX);
  return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`;
}

/** The value at a pointer (RFC 6901) that begins with the subject's own place. */
function valueAt(json: Json, pointer: string, root: string): Json | undefined {
  if (!pointer.startsWith(root)) return undefined;
  const names = pointer.slice(root.length).split('/').slice(1).map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  return names.reduce<Json | undefined>((at, name) => {
    if (isArray(at)) return at[Number(name)];
    return isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }, json);
}
