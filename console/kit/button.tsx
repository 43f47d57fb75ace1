import { useState } from 'react';
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { t } from '../texts/t.ts';

type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'title'> & { readonly tone?: 'plain' | 'primary' | 'danger' | 'quiet' };

export function Button({ tone = 'plain', type = 'button', ...rest }: ButtonProps): ReactNode {
  // oxlint-disable-next-line react/button-has-type -- it has one
  return <button className={`button button-${tone}`} type={type} {...rest} />;
}

/** Copies a text of ours or of theirs; what is copied is exactly what was given. */
export function Copy({ value, label }: { readonly value: string; readonly label?: string }): ReactNode {
  const [done, setDone] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(value).then(() => {
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    });
  };
  return <Button tone="quiet" onClick={copy} aria-label={label ?? t('kit.copy')}>{done ? t('kit.copied') : t('kit.copy')}</Button>;
}

/** The same on the command line. */
export function CommandLine({ words }: { readonly words: readonly string[] }): ReactNode {
  const line = ['sallyport', ...words].map(quote).join(' ');
  return <div className="command"><code>{line}</code><Copy value={line} label={t('kit.copyCommand')} /></div>;
}

/** As a shell takes it for one word. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll('\'', String.raw`'\''`)}'`;
}
