import { useId, useState } from 'react';
import type { FormEvent, ReactNode } from 'react';
import { CATEGORIES, CONFIDENTIALITIES } from '../../../src/domain/server.ts';
import { useChange } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { useMay } from '../../api/me.ts';
import { Button, CommandLine } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Check, Field, Select } from '../../kit/field.tsx';
import type { Choice } from '../../kit/field.tsx';
import { useKey } from '../../kit/keys.ts';
import { Problem } from '../../kit/page.tsx';
import { useGo } from '../../kit/to.tsx';
import { t, tWord } from '../../texts/t.ts';
import { commandOf, EMPTY, newServer } from './declared.ts';
import type { Declared } from './declared.ts';
import './servers.css';

/** The button that declares a server; `n` opens it too. */
export function Enrol(): ReactNode {
  const [open, setOpen] = useState(false);
  const may = useMay('change');
  useKey('n', t('servers.enrol'), () => setOpen(true), may);
  return (
    <>
      <Button tone="primary" disabled={!may} onClick={() => setOpen(true)}
        {...(may ? {} : { 'aria-description': t('kit.needsAccess', { access: 'change' }) })}>{t('servers.enrol')}</Button>
      {open && <Form onClose={() => setOpen(false)} />}
    </>
  );
}

const TRANSPORTS: readonly Choice[] = [['http', t('servers.byUrl')], ['sse', t('servers.bySse')], ['stdio', t('servers.byCommand')]];
const words = (section: 'hosting' | 'tier' | 'label', all: readonly string[]): readonly Choice[] => all.map((one) => [one, tWord(section, one)]);

/** Declares it: nothing can be called on it until it was read and approved, and its page asks for both. */
function Form({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [typed, setTyped] = useState<Declared>(EMPTY);
  const change = useChange();
  const go = useGo();
  const set = <K extends keyof Declared>(name: K) => (value: Declared[K]): void => setTyped({ ...typed, [name]: value });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate({ method: 'POST', path: '/servers', body: newServer(typed) }, { onSuccess: () => go(pathOf`/servers/${typed.id}`) });
  };
  return (
    <Dialog title={t('servers.enrol')} onClose={onClose} wide>
      <form onSubmit={submit}>
        <p className="dialog-says">{t('servers.enrolSays')}</p>
        <div className="servers-two">
          <Field label={t('servers.name')} value={typed.id} onChange={set('id')} required autoFocus hint={t('servers.nameHint')} />
          <Field label={t('servers.owner')} value={typed.owner} onChange={set('owner')} required hint={t('servers.ownerHint')} />
          <Select label={t('servers.transport')} value={typed.transport} onChange={set('transport')} choices={TRANSPORTS} />
          {typed.transport === 'stdio'
            ? <Field label={t('servers.command')} value={typed.command} onChange={set('command')} required mono hint={t('servers.commandHint')} />
            : <Field label={t('servers.url')} value={typed.url} onChange={set('url')} required mono hint={t('servers.urlHint')} />}
        </div>
        {typed.transport === 'stdio'
          ? <Field label={t('servers.environment')} value={typed.env} onChange={set('env')} lines={3} mono hint={t('servers.envHint')} />
          : <Check label={t('servers.allowPrivate')} checked={typed.allowPrivate} onChange={set('allowPrivate')} hint={t('servers.allowPrivateHint')} />}
        <div className="servers-two">
          <Select label={t('servers.hosting')} value={typed.hosting} onChange={set('hosting')} choices={words('hosting', ['self', 'vendor', 'embedded'])} />
          {typed.hosting !== 'self' && <Field label={t('servers.vendor')} value={typed.vendor} onChange={set('vendor')} hint={t('servers.vendorHint')} />}
          <Select label={t('servers.tier')} value={typed.tier} onChange={set('tier')} choices={words('tier', ['internal', 'vendor', 'public'])} />
          <Select label={t('servers.confidentiality')} value={typed.confidentiality} onChange={set('confidentiality')}
            choices={words('label', CONFIDENTIALITIES)} />
          <Field label={t('servers.header')} value={typed.header} onChange={set('header')} mono hint={t('servers.headerHint')} />
          <Field label={t('servers.secret')} value={typed.secret} onChange={set('secret')} mono required={typed.header !== ''} hint={t('servers.secretHint')} />
        </div>
        <Categories chosen={typed.categories} onChange={set('categories')} />
        <Check label={t('servers.trusted')} checked={typed.trusted} onChange={set('trusted')} hint={t('servers.trustedHint')} />
        {change.isError && <Problem error={change.error} />}
        <details className="same-command"><summary>{t('kit.sameCommand')}</summary><CommandLine words={commandOf(typed)} /></details>
        <footer className="dialog-foot">
          <Button onClick={onClose}>{t('kit.cancel')}</Button>
          <Button type="submit" tone="primary" disabled={change.isPending}>{change.isPending ? t('kit.working') : t('servers.declare')}</Button>
        </footer>
      </form>
    </Dialog>
  );
}

function Categories({ chosen, onChange }: { readonly chosen: readonly string[]; readonly onChange: (chosen: readonly string[]) => void }): ReactNode {
  const heading = useId();
  return (
    <div role="group" aria-labelledby={heading}>
      <p id={heading}>{t('servers.categories')}</p>
      <div className="servers-foot">
        {CATEGORIES.map((one) => (
          <Check key={one} label={tWord('label', one)} checked={chosen.includes(one)}
            onChange={(checked) => onChange(checked ? [...chosen, one] : chosen.filter((other) => other !== one))} />
        ))}
      </div>
    </div>
  );
}
