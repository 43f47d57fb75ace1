import { Outlet } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import type { Me } from '../../src/control/admins/answer.ts';
import { useAsk } from '../api/ask.ts';
import { Refusal, siteUrl } from '../api/client.ts';
import { LiveProvider, useLive } from '../api/live.tsx';
import { Button } from '../kit/button.tsx';
import { listenForKeys, useKey } from '../kit/keys.ts';
import { Text } from '../kit/text.tsx';
import { Here, useGo } from '../kit/to.tsx';
import { t } from '../texts/t.ts';
import { Help } from './help.tsx';
import { Palette } from './palette.tsx';
import type { Screen } from './screen.ts';
import { SCREENS } from './screens.ts';
import { toggleTheme } from './theme.ts';

const GROUPS = ['now', 'rules', 'around', 'record'] as const;

/** What stands around every screen: where one can go, who one is, and whether what is shown is live. */
export function Frame(): ReactNode {
  const me = useAsk<Me>('/me', {}, { everyMs: 60_000 });
  if (me.data === undefined && me.isError && me.error instanceof Refusal && me.error.status === 401) return <SignIn />;
  return (
    <LiveProvider>
      <a className="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.querySelector<HTMLElement>('#main')?.focus();
      }}>{t('shell.skip')}</a>
      <div className="frame">
        <Sidebar me={me.data} />
        <div className="frame-main">
          <Notice me={me.error} />
          <main id="main" tabIndex={-1}><Outlet /></main>
        </div>
      </div>
      <Shortcuts me={me.data} />
    </LiveProvider>
  );
}

function Sidebar({ me }: { readonly me: Me | undefined }): ReactNode {
  return (
    <nav className="side" aria-label={t('shell.screens')}>
      <div className="brand"><img src="./icon.svg" alt="" width="22" height="22" /><strong>Sallyport</strong><LiveDot /></div>
      {GROUPS.map((group) => <Group key={group} group={group} me={me} />)}
      <footer className="side-foot">
        {me !== undefined && <span className="who"><Text value={me.name} max={40} line /><small>{me.roles.join(', ')}</small></span>}
        <div className="side-buttons">
          <Button tone="quiet" onClick={toggleTheme} aria-label={t('shell.theme')}>◐</Button>
          <form method="get" action={siteUrl('sign-in/out').href}><Button tone="quiet" type="submit">{t('shell.signOut')}</Button></form>
        </div>
      </footer>
    </nav>
  );
}

function Group({ group, me }: { readonly group: Screen['group']; readonly me: Me | undefined }): ReactNode {
  const screens = SCREENS.filter((one) => one.group === group && (me?.may.includes(one.needs) ?? false));
  if (screens.length === 0) return undefined;
  return (
    <div className="side-group">
      <h2 id={`group-${group}`}>{t(`shell.group-${group}`)}</h2>
      <ul aria-labelledby={`group-${group}`}>
        {screens.map(({ name, title, places: [first] }) => (
          <li key={name}><Here to={first.path}>{t(title)}</Here></li>
        ))}
      </ul>
    </div>
  );
}

function LiveDot(): ReactNode {
  const { state } = useLive();
  return <span className={`live live-${state}`} role="status" aria-label={t(`shell.live-${state}`)}>{state === 'live' ? t('shell.live') : ''}</span>;
}

/** What is wrong with the connection or the session, above whatever one is at; nothing that was typed goes. */
function Notice({ me }: { readonly me: Error | null }): ReactNode {
  const { state, why, again } = useLive();
  const signIn = siteUrl('sign-in/console').href;
  if (state === 'over' || (me instanceof Refusal && me.status === 401)) {
    return (
      <div className="notice notice-bad" role="alert">
        <span>{why === 'ERR_ADMIN_FORBIDDEN' ? t('shell.roleChanged') : t('shell.over')}</span>
        <a className="button" href={signIn} target="_blank" rel="noreferrer">{t('shell.signIn')}</a>
        <Button onClick={again}>{t('shell.goOn')}</Button>
      </div>
    );
  }
  if (state === 'lost') return <div className="notice" role="status">{t('shell.lost')}</div>;
  return undefined;
}

function SignIn(): ReactNode {
  return (
    <main className="alone">
      <img src="./icon.svg" alt="" width="48" height="48" />
      <h1>Sallyport</h1>
      <p>{t('shell.signInSays')}</p>
      <a className="button button-primary" href={siteUrl('sign-in/console').href}>{t('shell.signIn')}</a>
    </main>
  );
}

/** The keys that work everywhere. */
function Shortcuts({ me }: { readonly me: Me | undefined }): ReactNode {
  const [open, setOpen] = useState<'help' | 'palette'>();
  useEffect(listenForKeys, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      setOpen('palette');
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  useKey('?', t('keys.help'), () => setOpen('help'));
  const screens = SCREENS.filter(({ needs }) => me?.may.includes(needs) ?? false);
  return (
    <>
      {screens.map((screen) => <GoKey key={screen.name} screen={screen} />)}
      {open === 'help' && <Help onClose={() => setOpen(undefined)} />}
      {open === 'palette' && <Palette screens={screens} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function GoKey({ screen: { key, title, places: [first] } }: { readonly screen: Screen }): ReactNode {
  const go = useGo();
  useKey(`g ${key}`, t(title), () => go(first.path));
  return undefined;
}
