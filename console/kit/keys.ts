import { useEffect, useRef } from 'react';

interface Shortcut {
  readonly key: string;
  readonly says: string;
  readonly run: () => void;
}

/** What keys do on this screen, in the order in which it was said; the last one for a key counts. */
const shortcuts = new Set<Shortcut>();
let prefix = '';

export function listKeys(): readonly Shortcut[] {
  return [...shortcuts];
}

/** A key (`j`, `?`, or two one after the other, `g s`) for as long as the component stands. Never while somebody types, or a dialog is open. */
export function useKey(key: string, says: string, run: () => void, when = true): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    if (!when) return undefined;
    const shortcut = { key, says, run: () => latest.current() };
    shortcuts.add(shortcut);
    return () => {
      shortcuts.delete(shortcut);
    };
  }, [key, says, when]);
}

/** Listens for the whole page; once, by the shell. */
export function listenForKeys(): () => void {
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const wanted = prefix === '' ? event.key : `${prefix} ${event.key}`;
  const found = [...shortcuts].findLast(({ key }) => key === wanted);
  prefix = found === undefined && prefix === '' && [...shortcuts].some(({ key }) => key.startsWith(`${event.key} `)) ? event.key : '';
  if (found === undefined) return;
  event.preventDefault();
  found.run();
}

function isTyping(target: EventTarget | null): boolean {
  if (document.querySelector('dialog[open]') !== null) return true;
  // Inside a shadow root stands the editor.
  return target instanceof HTMLElement && (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable || target.shadowRoot !== null);
}
