import { useState } from 'react';
import type { FormEvent, ReactNode } from 'react';
import type { Access } from '../../src/control/access.ts';
import { useChange } from '../api/ask.ts';
import type { Method } from '../api/client.ts';
import { useMay } from '../api/me.ts';
import { t } from '../texts/t.ts';
import { Button, CommandLine } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Check, Field, Select } from './field.tsx';
import type { Choice } from './field.tsx';
import { Problem } from './page.tsx';

/** What an action asks for before it is done. */
export interface Asks {
  readonly name: string;
  readonly label: string;
  /** `lines`: a long text; `choice` needs `choices`; `check` gives `yes` or nothing. */
  readonly kind?: 'text' | 'lines' | 'number' | 'date' | 'email' | 'choice' | 'check';
  readonly choices?: readonly Choice[];
  readonly hint?: string;
  readonly required?: boolean;
  readonly value?: string;
}
export type Values = Readonly<Record<string, string>>;

export interface ActProps<T> {
  readonly label: string;
  /** What will happen, and how it is taken back. */
  readonly says?: ReactNode;
  readonly tone?: 'plain' | 'primary' | 'danger' | 'quiet';
  readonly method: Exclude<Method, 'GET'>;
  readonly path: string | ((values: Values) => string);
  readonly body?: (values: Values) => unknown;
  readonly asks?: readonly Asks[];
  /** The same on the command line, without `sallyport`. */
  readonly command: (values: Values) => readonly string[];
  /** The access that it takes; whoever lacks it sees it disabled, and why. */
  readonly needs: Access;
  readonly reach?: 'space' | 'organisation';
  readonly disabled?: boolean;
  /** Shows what came of it, where that is more than that it was done: a token that is shown this once. */
  readonly shows?: (answer: T) => ReactNode;
  readonly onDone?: (answer: T) => void;
}

/** A button that acts: it asks what it needs, shows the same command, does it, and says what came of it. Nothing typed is lost when it is refused. */
export function Act<T = unknown>(props: ActProps<T>): ReactNode {
  const { label, tone = 'plain', needs, reach = 'space', disabled = false } = props;
  const [open, setOpen] = useState(false);
  const may = useMay(needs, reach);
  return (
    <>
      <Button tone={tone} disabled={disabled || !may} onClick={() => setOpen(true)}
        {...(may ? {} : { 'aria-description': t('kit.needsAccess', { access: needs }) })}>{label}</Button>
      {open && <ActDialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

/** The dialog of an action, for those that a key or a menu opens. */
export function ActDialog<T>(props: ActProps<T> & { readonly onClose: () => void }): ReactNode {
  const { label, says, tone = 'plain', method, path, body, asks = [], command, shows, onDone, onClose } = props;
  const [values, setValues] = useState<Values>(() => Object.fromEntries(asks.map(({ name, value = '' }) => [name, value])));
  const change = useChange<T>(props.reach);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate({ method, path: typeof path === 'string' ? path : path(values), ...(body === undefined ? {} : { body: body(values) }) }, {
      onSuccess: (answer) => {
        onDone?.(answer);
        if (shows === undefined) onClose();
      },
    });
  };
  return (
    <Dialog title={label} onClose={onClose}>
      {change.isSuccess && shows !== undefined
        ? <>{shows(change.data)}<footer className="dialog-foot"><Button tone="primary" onClick={onClose}>{t('kit.close')}</Button></footer></>
        : (
          <form onSubmit={submit}>
            {says !== undefined && <div className="dialog-says">{says}</div>}
            {asks.map((one, index) => (
              <Ask key={one.name} asks={one} first={index === 0} value={values[one.name] ?? ''}
                onChange={(value) => setValues({ ...values, [one.name]: value })} />
            ))}
            {change.isError && <Problem error={change.error} />}
            <details className="same-command"><summary>{t('kit.sameCommand')}</summary><CommandLine words={command(values)} /></details>
            <footer className="dialog-foot">
              <Button onClick={onClose}>{t('kit.cancel')}</Button>
              <Button type="submit" tone={tone === 'danger' ? 'danger' : 'primary'} disabled={change.isPending} autoFocus={asks.length === 0}>
                {change.isPending ? t('kit.working') : label}
              </Button>
            </footer>
          </form>
        )}
    </Dialog>
  );
}

function Ask({ asks, value, onChange, first }: {
  readonly asks: Asks; readonly value: string; readonly onChange: (value: string) => void; readonly first: boolean;
}): ReactNode {
  const { label, kind = 'text', choices = [], hint, required = false } = asks;
  const hints = hint === undefined ? {} : { hint };
  if (kind === 'choice') return <Select label={label} value={value} onChange={onChange} choices={choices} {...hints} />;
  if (kind === 'check') return <Check label={label} checked={value === 'yes'} onChange={(checked) => onChange(checked ? 'yes' : '')} {...hints} />;
  return (
    <Field label={label} value={value} onChange={onChange} required={required} autoFocus={first} {...hints}
      {...(kind === 'lines' ? { lines: 5 } : { kind })} />
  );
}
