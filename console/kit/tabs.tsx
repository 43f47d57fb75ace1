import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

export interface Tab {
  readonly id: string;
  readonly title: string;
  /** How many things wait in it. */
  readonly count?: number;
  readonly content: () => ReactNode;
}

/** Several views of one thing; which one stands in the address (`useView`). Only the open one is made. */
export function Tabs({ tabs, open, onOpen, label }: {
  readonly tabs: readonly Tab[]; readonly open: string; readonly onOpen: (id: string) => void; readonly label: string;
}): ReactNode {
  const current = tabs.some(({ id }) => id === open) ? open : tabs[0]?.id ?? '';
  return (
    <Radix.Root value={current} onValueChange={onOpen} className="tabs">
      <Radix.List className="tab-list" aria-label={label}>
        {tabs.map(({ id, title, count }) => (
          <Radix.Trigger key={id} value={id} className="tab">
            {title}{count !== undefined && count > 0 && <span className="tab-count">{count}</span>}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map(({ id, content }) => <Radix.Content key={id} value={id} className="tab-content">{id === current && content()}</Radix.Content>)}
    </Radix.Root>
  );
}
