import type { Json } from '../domain/json.ts';
import type { Pin, PinKind, Surface } from '../domain/server.ts';
import { canonicalText, pinsOf } from './canonical.ts';
import { annotationProse, behaviourOf, PROSE_FIELDS, SCHEMA_FIELDS, schemaProse } from './prose.ts';
import type { ProseMap } from './prose.ts';
import { normaliseText, similarityOf, textAt } from './text.ts';

/**
 * How what a server says now differs from what was approved:
 * - `formatting`: equal once prose (descriptions, titles, instructions) is normalised by `normaliseText`
 * - `text`: prose or icons differ   - `schema`: what goes in or comes out differs, prose in schemas apart
 * - `effect`: annotations, execution, `_meta` or any field that we do not know differs
 * - `added`, `removed`; `renamed`: the same behaviour under a name that was not approved
 */
export type DriftClass = 'formatting' | 'text' | 'schema' | 'effect' | 'added' | 'removed' | 'renamed';

export interface Drift {
  readonly kind: PinKind;
  /** The approved name; for `added` the new one. */
  readonly name: string;
  readonly class: DriftClass;
  /** Top-level fields that differ. */
  readonly fields: readonly string[];
  readonly baseline?: Pin;
  readonly observed?: Pin;
  /** `renamed`: the name it has now. */
  readonly renamedTo?: string;
  /** `added`: an approved item that still exists and behaves the same (a copy under a second name). */
  readonly copyOf?: string;
}

/**
 * What a drift means for the calls and lists of its pin, until a person approves:
 * `accept` record, serve · `keep` the approved definition stays in service · `deny` its calls are denied · `hide` it does not exist.
 */
export type DriftVerdict = 'accept' | 'keep' | 'deny' | 'hide';

export function verdictOf(drift: Pick<Drift, 'class' | 'kind'>): DriftVerdict {
  return drift.class === 'removed' && drift.kind === 'instructions' ? 'keep' : VERDICTS[drift.class];
}

const VERDICTS: Readonly<Record<DriftClass, DriftVerdict>> = {
  formatting: 'accept',
  text: 'keep',
  schema: 'deny',
  effect: 'deny',
  added: 'hide',
  removed: 'deny',
  renamed: 'deny',
};

/** Every difference, one entry for each pin, in the order of `pinsOf`. Empty: the server says exactly what was approved. */
export function compareSurfaces(baseline: Surface, observed: Surface): readonly Drift[] {
  const before = indexPins(baseline);
  const now = indexPins(observed);
  const removed = [...before].flatMap(([key, pin]) => (now.has(key) ? [] : [pin]));
  const added = [...now].flatMap(([key, pin]) => (before.has(key) ? [] : [pin]));
  const renames = matchRenames(removed, added);
  const renamedNames = new Set([...renames.values()].map(keyOf));
  const changed = [...before].flatMap(([key, pin]) => {
    const match = now.get(key);
    return match && match.digest !== pin.digest ? [classify(pin, match)] : [];
  });
  const gone = removed.map((pin): Drift => {
    const renamed = renames.get(pin);
    const common = { kind: pin.kind, name: pin.name, baseline: pin };
    if (!renamed) return { ...common, class: 'removed', fields: [] };
    return { ...common, class: 'renamed', fields: ['name'], observed: renamed, renamedTo: renamed.name };
  });
  const originals = new Map([...before.values()].map((pin) => [behaviourOf(pin), pin.name]));
  const fresh = added.flatMap((pin): readonly Drift[] => {
    if (renamedNames.has(keyOf(pin))) return [];
    const original = originals.get(behaviourOf(pin));
    const copy = original === undefined ? {} : { copyOf: original };
    return [{ kind: pin.kind, name: pin.name, class: 'added', fields: [], observed: pin, ...copy }];
  });
  return [...changed, ...gone, ...fresh];
}

function keyOf(pin: Pin): string {
  return `${pin.kind}\0${pin.name}`;
}

function indexPins(surface: Surface): ReadonlyMap<string, Pin> {
  return new Map(pinsOf(surface).map((pin) => [keyOf(pin), pin]));
}

function classify(baseline: Pin, observed: Pin): Drift {
  const fields = [...new Set([...Object.keys(baseline.definition), ...Object.keys(observed.definition)])]
    .filter((field) => !equal(baseline.definition[field], observed.definition[field]))
    .sort();
  const classes = fields.map((field) => classifyField(field, baseline.definition[field], observed.definition[field]));
  const worst = (['effect', 'schema', 'text', 'formatting'] as const).find((found) => classes.includes(found)) ?? 'effect';
  return { kind: baseline.kind, name: baseline.name, class: worst, fields, baseline, observed };
}

function classifyField(field: string, before: Json | undefined, now: Json | undefined): 'formatting' | 'text' | 'schema' | 'effect' {
  if (PROSE_FIELDS.has(field)) return sameFormatting(before, now) ? 'formatting' : 'text';
  if (SCHEMA_FIELDS.has(field)) return classifyProse(before, now, schemaProse) ?? 'schema';
  if (field === 'annotations') return classifyProse(before ?? {}, now ?? {}, annotationProse) ?? 'effect';
  return 'effect';
}

/** Whether only prose differs, and then how; `undefined` when anything else does. */
function classifyProse(before: Json | undefined, now: Json | undefined, map: ProseMap): 'formatting' | 'text' | undefined {
  if (before === undefined || now === undefined) return undefined;
  if (!equal(map(before, () => undefined), map(now, () => undefined))) return undefined;
  return equal(map(before, normaliseText), map(now, normaliseText)) ? 'formatting' : 'text';
}

function sameFormatting(before: Json | undefined, now: Json | undefined): boolean {
  return typeof before === 'string' && typeof now === 'string' && normaliseText(before) === normaliseText(now);
}

function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalText(a) === canonicalText(b);
}

/** Above this many equals, which of them is the renamed one is not worth the time: all are denied or hidden anyway. */
const COMPARED_MAX = 32;

function mostAlike(pin: Pin, others: readonly Pin[]): Pin | undefined {
  const description = textAt(pin.definition, 'description');
  const likeness = (other: Pin): number => similarityOf(description, textAt(other.definition, 'description'));
  let best: readonly [number, Pin | undefined] = [-1, undefined];
  for (const other of others) if (likeness(other) > best[0]) best = [likeness(other), other];
  return best[1];
}

/** Pairs each removed item with the added one that behaves the same; among several, the one that is described most alike. */
function matchRenames(removed: readonly Pin[], added: readonly Pin[]): ReadonlyMap<Pin, Pin> {
  const candidates = new Map<string, Pin[]>();
  for (const pin of added) {
    const behaviour = behaviourOf(pin);
    const same = candidates.get(behaviour);
    if (same) same.push(pin);
    else candidates.set(behaviour, [pin]);
  }
  const renames = new Map<Pin, Pin>();
  for (const pin of removed) {
    const same = candidates.get(behaviourOf(pin)) ?? [];
    const best = same.length > COMPARED_MAX ? same.at(-1) : mostAlike(pin, same);
    if (!best) continue;
    renames.set(pin, best);
    same.splice(same.lastIndexOf(best), 1);
  }
  return renames;
}
