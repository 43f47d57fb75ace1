import type { ReactNode } from 'react';
import { Act } from '../../kit/act.tsx';
import { t } from '../../texts/t.ts';
import { readCeiling, readLines } from './ceiling.ts';
import { dateIn } from './dates.ts';

const LIFE_DAYS = 90;

/** Registers an agent, by itself or for a client that was refused. */
export function Register({ client = '' }: { readonly client?: string }): ReactNode {
  return (
    <Act label={t('people.register')} tone={client === '' ? 'primary' : 'plain'} needs="change" method="POST" path="/agents" says={t('people.registerSays')}
      asks={[
        { name: 'id', label: t('people.name'), required: true }, { name: 'owner', label: t('people.owner'), required: true, hint: t('people.ownerHint') },
        { name: 'purpose', label: t('people.purpose'), required: true },
        { name: 'allow', label: t('people.ceiling'), kind: 'lines', required: true, hint: t('people.ceilingHint') },
        { name: 'clients', label: t('people.clients'), kind: 'lines', hint: t('people.clientsHint'), value: client },
        { name: 'expires', label: t('people.expires'), kind: 'date', required: true, value: dateIn(LIFE_DAYS) },
      ]}
      body={({ id, owner, purpose, allow = '', clients, expires = '' }) => ({
        id, owner, purpose, allow: readCeiling(allow), clients: readLines(clients), expiresAt: Date.parse(expires), conversations: false,
      })}
      command={({ id = '', owner = '', purpose = '', allow = '', clients, expires = '' }) => [
        'agent', 'register', id, '--owner', owner, '--purpose', purpose, ...readLines(allow).flatMap((one) => ['--allow', one]),
        ...readLines(clients).flatMap((one) => ['--client', one]), '--expires', expires,
      ]} />
  );
}
