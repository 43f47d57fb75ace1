import { lstatSync, readlinkSync } from 'node:fs';
import type { Mount } from './jail.ts';

/** Old places of programs and libraries: links into `/usr` on a system of this decade, folders on one that was carried along. */
const ALIASES: readonly string[] = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** Certificates are links into the last two. */
const LIBRARIES: readonly string[] = [
  '/usr/lib', '/usr/lib32', '/usr/lib64', '/usr/share/zoneinfo', '/usr/share/ca-certificates', '/usr/local/share/ca-certificates',
];

/** Settings that programs look up by themselves, and that say nothing secret: names, roots of trust, time, and how libraries are found. */
const SETTINGS: readonly string[] = [
  '/etc/resolv.conf', '/etc/nsswitch.conf', '/etc/hosts', '/etc/host.conf', '/etc/gai.conf', '/etc/services', '/etc/protocols', '/etc/localtime',
  '/etc/ssl/certs', '/etc/ssl/openssl.cnf', '/etc/pki', '/etc/ca-certificates', '/etc/ld.so.cache', '/etc/ld.so.conf', '/etc/ld.so.conf.d',
  '/etc/alternatives', '/etc/mime.types',
];

/**
 * The system below a program, read-only: `libraries` is what a compiled program loads, without a shell or any other program
 * to start; `programs` is all of `/usr`. Looks at how this machine lays out its root.
 */
export function systemMounts(scope: 'libraries' | 'programs'): readonly Mount[] {
  const usr = scope === 'programs' ? ['/usr'] : LIBRARIES;
  const aliases = ALIASES.filter((place) => scope === 'programs' || place.startsWith('/lib')).flatMap((place) => aliasMount(place));
  return [...usr.map(shown), ...aliases, ...SETTINGS.map(shown)];
}

/** The only user there is in a jail, so that programs that look up who they are find someone. */
export function whoMounts(uid: number, gid: number, home: string): readonly Mount[] {
  return [
    { kind: 'text', at: '/etc/passwd', text: `sallyport:x:${uid}:${gid}::${home}:/usr/sbin/nologin\n` },
    { kind: 'text', at: '/etc/group', text: `sallyport:x:${gid}:\n` },
  ];
}

function shown(place: string): Mount {
  return { kind: 'read', from: place, at: place, optional: true };
}

function aliasMount(place: string): readonly Mount[] {
  const found = lstatSync(place, { throwIfNoEntry: false });
  if (found === undefined) return [];
  return found.isSymbolicLink() ? [{ kind: 'link', at: place, to: readlinkSync(place) }] : [shown(place)];
}
