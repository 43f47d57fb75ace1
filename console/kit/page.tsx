import { useEffect } from 'react';
import type { ReactNode } from 'react';
import type { UseQueryResult } from '@tanstack/react-query';
import { Refusal, siteUrl } from '../api/client.ts';
import { t } from '../texts/t.ts';
import { Button } from './button.tsx';
import { asText } from './text.tsx';

interface PageProps {
  /** Our own words; what is foreign goes into `children`. It is the window's title too. */
  readonly title: string;
  readonly lead?: ReactNode;
  /** Buttons in the title's row: the primary one last. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A screen: a title row, then what it shows. */
export function Page({ title, lead, actions, children }: PageProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · Sallyport`;
  }, [title]);
  return (
    <>
      <header className="page-head">
        <div><h1>{title}</h1>{lead !== undefined && <p className="lead">{lead}</p>}</div>
        {actions !== undefined && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

/** A part of a screen with a heading of its own. */
export function Panel({ title, actions, children, flush = false }: {
  readonly title: string; readonly actions?: ReactNode; readonly children: ReactNode; readonly flush?: boolean;
}): ReactNode {
  return (
    <section className={flush ? 'panel panel-flush' : 'panel'} aria-label={title}>
      <header className="panel-head"><h2>{title}</h2>{actions}</header>
      <div className="panel-body">{children}</div>
    </section>
  );
}

/** Two or more panels beside each other where there is room. */
export function Columns({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className="columns">{children}</div>;
}

/** Names and values, a row each; rows without a value are left out. */
export function Facts({ rows }: { readonly rows: readonly (readonly [name: string, value: ReactNode])[] }): ReactNode {
  return (
    <dl className="facts">
      {rows.filter(([, value]) => value !== undefined && value !== null && value !== '').map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
      ))}
    </dl>
  );
}

/** A number that matters, with what it counts. */
export function Stat({ label, value, tone = 'neutral', children }: {
  readonly label: string; readonly value: ReactNode; readonly tone?: 'neutral' | 'good' | 'bad' | 'held'; readonly children?: ReactNode;
}): ReactNode {
  return <div className={`stat stat-${tone}`}><span className="stat-label">{label}</span><strong>{value}</strong>{children}</div>;
}

/** Nothing is there: what would be here, and the way to it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactNode {
  return <div className="empty"><p className="empty-title">{title}</p>{children}</div>;
}

/** An answer on its way, refused, or here. A refusal says what, why and what to do; `403` says which right is missing. */
export function Asked<T>({ of, children }: { readonly of: UseQueryResult<T>; readonly children: (answer: T) => ReactNode }): ReactNode {
  if (of.data !== undefined && of.isError) return <><Problem error={of.error} />{children(of.data)}</>;
  if (of.data !== undefined) return children(of.data);
  if (of.isError) return <Problem error={of.error} onAgain={() => void of.refetch()} />;
  return <Loading />;
}

export function Loading(): ReactNode {
  return <div className="loading" role="status"><span className="spinner" aria-hidden="true" />{t('kit.loading')}</div>;
}

const SIGN_IN = siteUrl('sign-in?again=yes&to=/sign-in/console');

/** What went wrong, in the API's words. */
export function Problem({ error, onAgain }: { readonly error: unknown; readonly onAgain?: () => void }): ReactNode {
  const refusal = error instanceof Refusal ? error : undefined;
  const isProposal = refusal?.code === 'ERR_PROPOSAL_STORED';
  return (
    <div className={isProposal ? 'problem problem-held' : 'problem'} role="alert">
      <p className="problem-title">{titleOf(refusal)}</p>
      <p><bdi>{refusal?.message ?? asText(error instanceof Error ? error.message : error)}</bdi></p>
      {refusal !== undefined && refusal.remedy !== '' && <p className="quiet"><bdi>{refusal.remedy}</bdi></p>}
      <p className="problem-foot">
        {refusal !== undefined && <code>{refusal.code}</code>}
        {isOld(refusal) && <a className="button" target="_blank" rel="noreferrer" href={SIGN_IN.href}>{t('kit.signInAgain')}</a>}
        {onAgain !== undefined && <Button onClick={onAgain}>{t('kit.again')}</Button>}
      </p>
    </div>
  );
}

function titleOf(refusal: Refusal | undefined): string {
  if (refusal === undefined) return t('kit.broke');
  if (refusal.status === 0) return t('kit.unreachable');
  const known: Readonly<Record<string, string>> = { ERR_ADMIN_FORBIDDEN: t('kit.forbidden'), ERR_PROPOSAL_STORED: t('kit.proposed') };
  return known[refusal.code] ?? t('kit.refused');
}

/** Signing in again, in another tab, is what helps; what was typed here stays. */
function isOld(refusal: Refusal | undefined): boolean {
  return refusal !== undefined && (refusal.code === 'ERR_SIGN_IN_OLD' || refusal.code === 'ERR_ADMIN_TOKEN');
}
