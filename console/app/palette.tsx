import { useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import { listKeys } from '../kit/keys.ts';
import { useGo } from '../kit/to.tsx';
import { t } from '../texts/t.ts';
import type { Screen } from './screen.ts';

interface Command {
  readonly id: string;
  readonly says: string;
  readonly key: string;
  readonly run: () => void;
}

/** Every screen and everything a key does here, by typing a part of its name. */
export function Palette({ screens, onClose }: { readonly screens: readonly Screen[]; readonly onClose: () => void }): ReactNode {
  const go = useGo();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const commands: readonly Command[] = [
    ...screens.map(({ name, title, key, places: [first] }) => ({ id: name, says: t(title), key: `g ${key}`, run: () => go(first.path) })),
    ...listKeys().filter(({ key }) => !key.startsWith('g ')).map(({ key, says, run }) => ({ id: `key-${key}`, says, key, run })),
  ];
  const found = commands.filter(({ says }) => says.toLowerCase().includes(typed.trim().toLowerCase()));
  const run = (command: Command | undefined): void => {
    if (command === undefined) return;
    onClose();
    // What it does may need the focus, which goes back to the page first.
    setTimeout(command.run);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, at + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1));
    else if (event.key === 'Enter') run(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t('keys.palette')} onClose={onClose}>
      <input className="input" type="text" role="combobox" aria-expanded="true" aria-controls="palette-list"
        aria-activedescendant={found[at] === undefined ? undefined : `palette-${found[at].id}`}
        aria-label={t('shell.paletteSays')} placeholder={t('shell.paletteSays')} autoFocus value={typed} onKeyDown={onKeyDown} onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }} />
      <ul id="palette-list" className="palette" role="listbox" aria-label={t('keys.palette')}>
        {found.map((command, index) => (
          <li key={command.id} id={`palette-${command.id}`} role="option" aria-selected={index === at} className={index === at ? 'palette-at' : ''}
            onClick={() => run(command)}>
            {command.says}<kbd>{command.key}</kbd>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
