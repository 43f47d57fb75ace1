import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Inject, Pack } from './pack.ts';
import type { InjectTimes } from './score.ts';

/** One line of what the gate wrote down in a rehearsal, as it is printed. */
export interface ArtefactRow {
  /** Milliseconds after the first line. */
  readonly afterMs: number;
  readonly event: string;
  readonly agent: string;
  readonly what: string;
  readonly why: string;
}

/** What is printed with each inject, by its id. */
export type Artefacts = Readonly<Record<string, readonly ArtefactRow[]>>;

/** Extracts of the records of a rehearsal, for a pack on paper. `ends`: when each inject was over, epoch ms. */
export function artefactsOf({ injects }: Pick<Pack, 'injects'>, ends: InjectTimes, records: readonly JsonObject[]): Artefacts {
  return Object.fromEntries(injects.map((inject, index): readonly [string, readonly ArtefactRow[]] => {
    const before = injects[index - 1];
    const from = before === undefined ? 0 : ends[before.id] ?? 0;
    return [inject.id, extract(inject, records.filter(({ at }) => typeof at === 'number' && at > from && at <= (ends[inject.id] ?? 0)))];
  }));
}

/** Reads what servers say of themselves. */
const REGISTRY = 'sallyport|registry';

function isReading({ event, principal }: JsonObject): boolean {
  return principal === REGISTRY && /^(?:call|result)\./.test(text(event));
}

function extract({ artefact }: Inject, records: readonly JsonObject[]): readonly ArtefactRow[] {
  if (artefact === undefined) return [];
  const wanted = new Set<string>(artefact.events);
  // What the gate does by itself is no part of the story.
  const own = records.filter((record) => wanted.has(text(record['event'])) && !isReading(record));
  const first = own.map(({ at }) => (typeof at === 'number' ? at : 0))[0] ?? 0;
  return own.slice(0, artefact.most).map((record) => ({
    afterMs: typeof record['at'] === 'number' ? record['at'] - first : 0, event: text(record['event']), agent: text(record['agent']),
    what: whatOf(record), why: whyOf(record),
  }));
}

function whatOf({ server, tool, detail }: JsonObject): string {
  const said = isObject(detail) ? [detail['kind'], detail['severity'], detail['verb'], detail['of']].map(text).filter((word) => word !== '').join(' ') : '';
  const place = tool === undefined ? text(server) : `${text(server)}/${text(tool)}`;
  return [place, said].filter((word) => word !== '').join(' ');
}

function whyOf({ code, policies, findings, labels }: JsonObject): string {
  const found = (isArray(findings) ? findings : []).filter(isObject).map(({ detector, rule }) => `${text(detector)}/${text(rule)}`);
  const carried = isObject(labels) ? `${text(labels['confidentiality'])}, ${text(labels['integrity'])}` : '';
  return [text(code), ...(isArray(policies) ? policies.map(text) : []), ...found, carried].filter((word) => word !== '' && word !== ', ').join(' · ');
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
