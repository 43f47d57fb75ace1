import type { ReactNode } from 'react';
import { hasHidden, showHidden } from '../../src/domain/hidden.ts';
import { t } from '../texts/t.ts';

interface TextProps {
  /** What an agent, server, file or vendor says. */
  readonly value: unknown;
  /** So many characters are shown; the rest is counted. Default 2,000. */
  readonly max?: number;
  /** As it stands, in the face of code. */
  readonly mono?: boolean;
  /** One line, cut off by the width that there is. */
  readonly line?: boolean;
}

const MAX = 2000;

/** Foreign text, inert: what can't be seen is shown as what it is, its direction stays inside, nothing of it is a link. */
export function Text({ value, max = MAX, mono = false, line = false }: TextProps): ReactNode {
  const whole = asText(value);
  const cut = whole.length > max ? whole.slice(0, max) : whole;
  const classes = ['text', mono ? 'text-mono' : '', line ? 'text-line' : ''].filter(Boolean).join(' ');
  return (
    <bdi className={classes}>
      {hasHidden(cut) ? pieces(cut) : cut}
      {whole.length > max && <span className="text-rest"> {t('kit.moreCharacters', { count: whole.length - max })}</span>}
    </bdi>
  );
}

/** Foreign text of several lines: a definition, a payload, a page. */
export function Block({ value, max = 20_000 }: { readonly value: unknown; readonly max?: number }): ReactNode {
  return <pre className="block" tabIndex={0}><Text value={value} max={max} mono /></pre>;
}

export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return JSON.stringify(value, undefined, 2);
}

function pieces(text: string): ReactNode {
  return showHidden(text).split(/(<U\+[0-9A-F]{4,6}>)/).map((piece, index) => (
    // The pieces of one text have no other identity than their place.
    // oxlint-disable-next-line react/no-array-index-key
    /^<U\+[0-9A-F]{4,6}>$/.test(piece) ? <mark key={index} className="text-hidden">{piece.slice(1, -1)}</mark> : piece
  ));
}
