import type { ReactNode } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import { listKeys } from '../kit/keys.ts';
import { t } from '../texts/t.ts';

/** What keys do here. */
export function Help({ onClose }: { readonly onClose: () => void }): ReactNode {
  const keys = new Map(listKeys().map(({ key, says }) => [key, says]));
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <dl className="keys">
        <div><dt><kbd>Ctrl</kbd> <kbd>K</kbd></dt><dd>{t('keys.palette')}</dd></div>
        {[...keys].map(([key, says]) => (
          <div key={key}><dt>{key.split(' ').map((one) => <kbd key={one}>{one}</kbd>)}</dt><dd>{says}</dd></div>
        ))}
      </dl>
    </Dialog>
  );
}
