import { useNavigate, useSearch } from '@tanstack/react-router';

/** What of a screen stands in its address (filters, the open row, a tab): `useView({ status: 'open' })` gives the values, and what changes some. */
export function useView<T extends Readonly<Record<string, string>>>(defaults: T): readonly [view: T, change: (some: Readonly<Record<string, string>>) => void] {
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const navigate = useNavigate();
  // It has the names of `defaults`, and a string for each.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const view = Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, textOf(search[name]) ?? value])) as T;
  const change = (some: Readonly<Record<string, string>>): void => {
    const next = Object.fromEntries(Object.entries({ ...view, ...some }).filter(([name, value]) => value !== '' && value !== defaults[name]));
    const gone = Object.fromEntries(Object.keys(defaults).map((name) => [name, undefined]));
    void navigate({ to: '.', replace: true, search: ((before: object) => ({ ...before, ...gone, ...next })) });
  };
  return [view, change];
}

/** An address that somebody wrote says `?from=2`, which reads as a number. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
