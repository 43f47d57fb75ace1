import { pathOf } from '../../api/client.ts';
import type { ActProps, Values } from '../../kit/act.tsx';
import { t } from '../../texts/t.ts';

const DAY_MS = 24 * 60 * 60_000;
const IGNORED_DAYS = 30;
const DATE_CHARS = 10;

/** To hear no more of an asset until a day, as a button or a key opens it. */
export function ignoring(id: string): ActProps<unknown> {
  return {
    label: t('inventory.ignore'), says: t('inventory.ignoreSays'), needs: 'change', method: 'POST', path: pathOf`/inventory/assets/${id}/ignore`,
    asks: [
      { name: 'reason', label: t('kit.reason'), required: true },
      {
        name: 'until', label: t('inventory.until'), kind: 'date', required: true, hint: t('inventory.untilHint'),
        value: new Date(Date.now() + IGNORED_DAYS * DAY_MS).toISOString().slice(0, DATE_CHARS),
      },
    ],
    body: (values) => ({ reason: values['reason'], until: endOf(values) }),
    command: (values) => ['discover', 'inventory', id, '--ignore', `${daysTo(values)}d`, '--reason', values['reason'] ?? ''],
  };
}

/** The end of that day, UTC. */
function endOf({ until = '' }: Values): number {
  return Date.parse(`${until}T23:59:59Z`);
}

function daysTo(values: Values): number {
  return Math.max(1, Math.ceil((endOf(values) - Date.now()) / DAY_MS));
}
