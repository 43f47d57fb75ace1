import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { pathOf } from '../api/client.ts';

/** A link to a place of the console: `` to={pathOf`/servers/${id}`} ``. The space that is looked at stays. Never to anywhere else. */
export function To({ to, search = {}, children, button = false }: {
  readonly to: string; readonly search?: Readonly<Record<string, string>>; readonly children: ReactNode; readonly button?: boolean;
}): ReactNode {
  return <Link to={to} search={(before: object) => ({ ...kept(before), ...search })} className={button ? 'button' : 'link'}>{children}</Link>;
}

/** A link of the sidebar: it says when one is there, or below it. */
export function Here({ to, children }: { readonly to: string; readonly children: ReactNode }): ReactNode {
  return <Link to={to} search={kept} className="side-link" activeProps={{ className: 'side-link side-link-here', 'aria-current': 'page' }}>{children}</Link>;
}

/** A screen and an id in it, as the API names what something is about. */
export function placeOf(screen: string, id?: string): string {
  return id === undefined || id === '' ? `/${screen}` : pathOf`/${screen}/${id}`;
}

/** Goes to a place of the console; the space that is looked at stays. */
export function useGo(): (to: string, search?: Readonly<Record<string, string>>) => void {
  const navigate = useNavigate();
  return (to, search = {}) => {
    void navigate({ to, search: (before: object) => ({ ...kept(before), ...search }) });
  };
}

function kept(before: { readonly space?: unknown }): { readonly space?: string } {
  return typeof before.space === 'string' ? { space: before.space } : {};
}
