import { useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { t } from '../texts/t.ts';
import { Select } from './field.tsx';
import type { Choice } from './field.tsx';
import { useKey } from './keys.ts';

export interface Filter {
  readonly name: string;
  readonly label: string;
  readonly choices: readonly Choice[];
}

const TYPED_MS = 250;

/** The row of filters over a table: a text (`/` goes there), and choices. Values live in the address (`useView`). */
export function Filters({ view, onChange, text, choices = [], children }: {
  readonly view: Readonly<Record<string, string>>; readonly onChange: (some: Readonly<Record<string, string>>) => void;
  /** The name in the view of the text that is typed. */
  readonly text?: string; readonly choices?: readonly Filter[]; readonly children?: ReactNode;
}): ReactNode {
  return (
    <div className="filters" role="search">
      {text !== undefined && <Search value={view[text] ?? ''} onChange={(value) => onChange({ [text]: value })} />}
      {choices.map(({ name, label, choices: some }) => (
        <Select key={name} inline label={label} value={view[name] ?? ''} choices={some} onChange={(value) => onChange({ [name]: value })} />
      ))}
      {children}
    </div>
  );
}

function Search({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }): ReactNode {
  const ref = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  useKey('/', t('keys.filter'), () => ref.current?.focus());
  useEffect(() => {
    const timer = setTimeout(() => {
      if (typed !== value) latest.current(typed);
    }, TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed, value]);
  return (
    <input ref={ref} className="input filter-text" type="search" value={typed} aria-label={t('kit.filter')} placeholder={t('kit.filter')} spellCheck={false}
      onChange={(event) => setTyped(event.target.value)} onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.blur();
      }} />
  );
}
