import { readSpecifier } from './version.ts';
import type { Clause } from './version.ts';

/** One line of `Requires-Dist` (PEP 508), or what a person asks for. */
export interface Requirement {
  /** Normalised (PEP 503). */
  readonly name: string;
  readonly extras: readonly string[];
  readonly clauses: readonly Clause[];
  /** What must hold for it to count, as written; absent: always. */
  readonly marker?: string;
}

const FORM = /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*(?:\(([^)]*)\)|([^;@]*))?\s*(?:;\s*(.+))?$/;

/** `Foo_Bar.baz` → `foo-bar-baz` (PEP 503). */
export function normalise(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

/** Undefined: no requirement by PEP 508, or one of a package at an address, which is never installed. */
export function readRequirement(text: string): Requirement | undefined {
  const match = FORM.exec(text.trim());
  if (match === null) return undefined;
  const [, name = '', extras = '', inBrackets, plain, marker] = match;
  const clauses = readSpecifier(inBrackets ?? plain ?? '');
  if (clauses === undefined) return undefined;
  return {
    name: normalise(name), extras: extras.split(',').map((one) => normalise(one.trim())).filter((one) => one !== ''), clauses,
    ...(marker === undefined ? {} : { marker }),
  };
}
