import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { t } from '../texts/t.ts';
import { Button } from './button.tsx';

/** What is open beside a table: the table stays usable. Escape closes it, from inside. */
export function Drawer({ title, onClose, actions, children }: {
  readonly title: ReactNode; readonly onClose: () => void; readonly actions?: ReactNode; readonly children: ReactNode;
}): ReactNode {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement && document.activeElement === document.body) before.focus();
    };
  }, []);
  return (
    <aside ref={ref} className="drawer" aria-label={t('kit.details')} onKeyDown={(event) => {
      if (event.key === 'Escape' && document.querySelector('dialog[open]') === null) onClose();
    }}>
      <header className="drawer-head">
        <h2>{title}</h2>
        <div className="page-actions">{actions}<Button tone="quiet" onClick={onClose} aria-label={t('kit.close')}>✕</Button></div>
      </header>
      <div className="drawer-body">{children}</div>
    </aside>
  );
}

/** A table with what is open of it at its side. */
export function Split({ children, side }: { readonly children: ReactNode; readonly side: ReactNode }): ReactNode {
  return <div className={side === undefined ? 'split' : 'split split-open'}><div className="split-main">{children}</div>{side}</div>;
}
