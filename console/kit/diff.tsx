import type { ReactNode } from 'react';
import { t } from '../texts/t.ts';
import { Text } from './text.tsx';

/** A unified difference, as the API gives it: a line each, by its first character. */
export function Diff({ value, label }: { readonly value: string; readonly label: string }): ReactNode {
  return (
    <div className="diff" role="region" aria-label={label} tabIndex={0}>
      {value.split('\n').map((line, index) => {
        const kind = line.startsWith('+') ? 'add' : line.startsWith('-') ? 'cut' : line.startsWith('@@') ? 'place' : 'same';
        const says = kind === 'add' ? t('kit.added') : kind === 'cut' ? t('kit.removed') : undefined;
        return (
          // Lines of one text have no other identity than their place.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={index} className={`diff-line diff-${kind}`}>{says !== undefined && <span className="hears">{says}</span>}<Text value={line} mono /></div>
        );
      })}
    </div>
  );
}
