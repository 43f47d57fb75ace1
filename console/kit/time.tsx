import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { t } from '../texts/t.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const LOCAL = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** A moment (epoch ms): how long ago, or the local clock; both, and UTC, where one points at it. */
export function Time({ at, clock = false }: { readonly at: number | undefined; readonly clock?: boolean }): ReactNode {
  const now = useMinute();
  if (at === undefined) return <span className="quiet">{t('kit.never')}</span>;
  const date = new Date(at);
  return <time className="time" dateTime={date.toISOString()} title={both(date)}>{clock ? CLOCK.format(date) : ago(at, now)}</time>;
}

/** The moment whole, where it is what matters: local, with UTC beside it. */
export function Moment({ at }: { readonly at: number | undefined }): ReactNode {
  if (at === undefined) return <span className="quiet">{t('kit.never')}</span>;
  const date = new Date(at);
  return <time className="time" dateTime={date.toISOString()}>{LOCAL.format(date)} <span className="quiet">{utc(date)}</span></time>;
}

/** A length of time in the largest two units. */
export function span(ms: number): string {
  if (ms < 1000) return t('time.ms', { n: Math.round(ms) });
  if (ms < MINUTE_MS) return t('time.s', { n: Math.round(ms / 1000) });
  if (ms < HOUR_MS) return t('time.min', { n: Math.round(ms / MINUTE_MS) });
  if (ms < DAY_MS) return t('time.h', { n: Math.round(ms / HOUR_MS) });
  return t('time.d', { n: Math.round(ms / DAY_MS) });
}

function ago(at: number, now: number): string {
  const ms = now - at;
  if (Math.abs(ms) < 45_000) return t('time.now');
  return ms > 0 ? t('time.ago', { span: span(ms) }) : t('time.in', { span: span(-ms) });
}

function both(date: Date): string {
  return `${LOCAL.format(date)} · ${utc(date)}`;
}

function utc(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function useMinute(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
