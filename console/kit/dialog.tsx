import { useEffect, useId, useRef } from 'react';
import type { ReactNode } from 'react';
import { t } from '../texts/t.ts';
import { Button } from './button.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly wide?: boolean;
}

/** The browser's own modal dialog: the page behind is inert, Escape closes it, focus goes back to where it was. */
export function Dialog({ title, onClose, children, wide = false }: DialogProps): ReactNode {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog !== null && !dialog.open) {
      dialog.showModal();
      // By itself it would take the first thing there is, which closes it again.
      dialog.querySelector<HTMLElement>('.dialog-body :is(input, select, textarea), .dialog-foot [type=submit]')?.focus();
    }
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={ref} className={wide ? 'dialog dialog-wide' : 'dialog'} aria-labelledby={heading} onClose={(event) => {
      // A dialog inside this one closes for itself alone.
      if (event.target === ref.current) onClose();
    }}>
      <header className="dialog-head">
        <h2 id={heading}>{title}</h2>
        <Button tone="quiet" onClick={onClose} aria-label={t('kit.close')}>✕</Button>
      </header>
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}
