import { useId } from 'react';
import type { ReactNode } from 'react';

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string;
  readonly required?: boolean;
  readonly kind?: 'text' | 'number' | 'date' | 'email' | 'search';
  readonly lines?: number;
  readonly mono?: boolean;
  readonly autoFocus?: boolean;
  readonly placeholder?: string;
}

/** A labelled field for text; with `lines`, several of them. */
export function Field(props: FieldProps): ReactNode {
  const { label, value, onChange, hint, required = false, kind = 'text', lines, mono = false, autoFocus = false, placeholder } = props;
  const id = useId();
  const shared = {
    id, value, required, className: mono ? 'input input-mono' : 'input', autoComplete: 'off', spellCheck: false, autoFocus,
    ...(hint === undefined ? {} : { 'aria-describedby': `${id}-hint` }), ...(placeholder === undefined ? {} : { placeholder }),
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {lines === undefined
        ? <input type={kind} {...shared} onChange={(event) => onChange(event.target.value)} />
        : <textarea rows={lines} {...shared} onChange={(event) => onChange(event.target.value)} />}
      {hint !== undefined && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

export type Choice = readonly [value: string, label: string];

/** One of a few. */
export function Select({ label, value, onChange, choices, hint, inline = false }: {
  readonly label: string; readonly value: string; readonly onChange: (value: string) => void; readonly choices: readonly Choice[];
  readonly hint?: string; readonly inline?: boolean;
}): ReactNode {
  const id = useId();
  return (
    <div className={inline ? 'field field-inline' : 'field'}>
      <label htmlFor={id}>{label}</label>
      <select id={id} className="input" value={value} onChange={(event) => onChange(event.target.value)}>
        {choices.map(([one, says]) => <option key={one} value={one}>{says}</option>)}
      </select>
      {hint !== undefined && <small>{hint}</small>}
    </div>
  );
}

export function Check({ label, checked, onChange, hint }: {
  readonly label: string; readonly checked: boolean; readonly onChange: (checked: boolean) => void; readonly hint?: string;
}): ReactNode {
  const id = useId();
  return (
    <div className="field field-check">
      <input id={id} type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <label htmlFor={id}>{label}</label>
      {hint !== undefined && <small>{hint}</small>}
    </div>
  );
}
