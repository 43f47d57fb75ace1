import type { Json } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import { REST_AT, positionIn } from '../line.ts';

const ERASURES = Buffer.from('"event":"evidence.e');

/** Positions `[from, to]`. */
type Run = readonly [number, number];

/**
 * Whether what is gone went on record: the ledger names the positions, and the files of payloads, that it is about to erase and
 * signs that first. Whoever has only the disk cannot sign.
 */
export class ErasureAccount {
  readonly #named: { readonly at: number; readonly runs: readonly Run[]; readonly files: readonly string[] }[] = [];

  /** A line that proves itself; nearly all of them say nothing of erasures. */
  kept(line: Buffer): void {
    if (line.indexOf(ERASURES, REST_AT) === -1) return;
    const { role, record } = read(line);
    const { event, detail } = isObject(record) ? record : {};
    if (role !== 'ledger' || (event !== 'evidence.erased' && event !== 'evidence.expired') || !isObject(detail)) return;
    const runs = (isArray(detail['positions']) ? detail['positions'] : []).flatMap(runIn);
    const files = (isArray(detail['files']) ? detail['files'] : []).filter((file) => typeof file === 'string');
    this.#named.push({ at: positionIn(line, 0), runs, files });
  }

  /** How many of the erased positions no record below `size` names: what lies beyond is not signed. */
  unaccounted(erased: readonly Run[], size: number): number {
    const named = merged(this.#named.filter(({ at }) => at < size).flatMap(({ runs }) => runs));
    let missing = 0;
    let next = 0;
    for (const [from, to] of erased) {
      let covered = 0;
      while (next < named.length && (named[next]?.[1] ?? 0) < from) next += 1;
      for (let at = next; at < named.length && (named[at]?.[0] ?? 0) <= to; at += 1) {
        covered += Math.min(to, named[at]?.[1] ?? 0) - Math.max(from, named[at]?.[0] ?? 0) + 1;
      }
      missing += to - from + 1 - covered;
    }
    return missing;
  }

  /** Those files of payloads that no record below `size` names. */
  unnamed(files: readonly string[], size: number): readonly string[] {
    const named = new Set(this.#named.filter(({ at }) => at < size).flatMap((one) => one.files));
    return files.filter((file) => !named.has(file));
  }
}

function runIn(value: Json): readonly Run[] {
  const [from, to] = isArray(value) ? value : [];
  return typeof from === 'number' && typeof to === 'number' && from <= to ? [[from, to]] : [];
}

/** In order, without overlaps. */
function merged(runs: readonly Run[]): readonly Run[] {
  const done: [number, number][] = [];
  for (const [from, to] of runs.toSorted((a, b) => a[0] - b[0])) {
    const last = done.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else done.push([from, to]);
  }
  return done;
}

function read(line: Buffer): Readonly<Record<string, Json | undefined>> {
  const parsed: Json = JSON.parse(line.toString());
  return isObject(parsed) ? parsed : {};
}
