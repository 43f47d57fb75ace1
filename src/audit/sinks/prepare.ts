import { SEVERITIES } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { JournalRecord } from '../../domain/record.ts';
import type { SinkBasics, SinkFilter, SinkFormat } from '../../domain/sink.ts';
import { toCef } from '../cef.ts';
import type { Entry } from '../entry.ts';
import { severityOf } from '../ocsf/finding.ts';
import { variantOf } from '../ocsf/mappings.ts';
import { toOcsf } from '../ocsf/to-ocsf.ts';
import type { LogSource } from '../ocsf/to-ocsf.ts';
import { createRedactor } from './redact.ts';
import type { Item } from './sink.ts';

export interface PrepareParts {
  /** Puts people under their pseudonyms. */
  readonly hide: (record: JsonObject) => JsonObject;
  /** Of the installation: what hashed fields are keyed by. */
  readonly key: Uint8Array;
  readonly source: LogSource;
}

/** A record in one format, on one line. */
type Encode = (entry: Entry, source: LogSource) => string;

const FORMATS: Readonly<Record<SinkFormat, Encode>> = {
  json: ({ position, role, incarnation, record }, { origin }) => JSON.stringify({ position, origin, role, incarnation, ...record }),
  ocsf: (entry, source) => JSON.stringify(toOcsf(entry, source)),
  cef: toCef,
};

/** Makes of each record what one sink gets of it; undefined where the sink is not for it. */
export function createPrepare(
  spec: Pick<SinkBasics, 'filter' | 'fields' | 'format' | 'reveal'>, { hide, key, source }: PrepareParts,
): (entry: Entry) => Item | undefined {
  const redact = createRedactor(spec.fields, key);
  const encode = FORMATS[spec.format];
  const wanted = createFilter(spec.filter);
  return (entry) => {
    const { record, position } = entry;
    const severity = gravity(record);
    if (!wanted(record, severity)) return undefined;
    const whole: object = record;
    const shown = redact(spec.reveal ? { ...whole } : hide({ ...whole }));
    return {
      position, at: record.at, id: record.id, event: record.event, severity, context: record.context ?? '',
      // Hiding and redacting keep a record's fields or drop them; encoders read what is there.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      text: encode({ ...entry, record: shown as unknown as JournalRecord }, source),
      ...(record.trace && { trace: record.trace }),
    };
  };
}

function createFilter({ categories, events, severity, spaces }: SinkFilter): (record: JournalRecord, severity: number) => boolean {
  const least = severity === undefined ? 0 : SEVERITIES.indexOf(severity);
  return (record, gravest) =>
    gravest >= least && (categories?.includes(record.category) ?? true) && (events?.includes(record.event) ?? true)
    && (spaces?.includes(record.space) ?? true);
}

/** Index in `SEVERITIES`: of what happened, or of the gravest finding about it. */
function gravity(record: JournalRecord): number {
  return SEVERITIES.indexOf(severityOf(variantOf(record).severity, record.findings));
}
