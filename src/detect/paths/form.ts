/** A path as a file system will take it, whatever it was written as. */
export interface PathForm {
  /** `/a/b` or `c:/a/b` with `.`, `..` and empty segments resolved; relative ones without a front. */
  readonly canonical: string;
  readonly isAbsolute: boolean;
  /** Whether a relative one climbs above where it starts, or any contains `..`. */
  readonly climbs: boolean;
  readonly home: boolean;
  readonly unc: boolean;
}

const KEY = /(?:^|_)(?:path|paths|file|files|filename|filenames|filepath|dir|directory|folder|cwd|root|repo|repo_path|repository_path|workdir|working_directory|source|destination|dest|src|dst|from_path|to_path|output|output_file|input_file|target|location|uri)(?:$|_)/;
const PATH = /^(?:file:\/{2,3}|~|\.{1,2}[\\/]|[\\/]|[A-Za-z]:[\\/]|%[A-Z]+%|\$\{?(?:HOME|USERPROFILE|APPDATA|XDG_\w+))/i;
const ONE_LINE = /^[^\n\r]{1,2048}$/;

/** Whether an argument is a path: it looks like one, or it is called one and holds no sentence. */
export function isPath(key: string, text: string): boolean {
  if (!ONE_LINE.test(text) || /^[a-z][a-z0-9+.-]*:\/\/(?!$)/i.test(text) && !/^file:/i.test(text)) return false;
  if (PATH.test(text)) return !/\s[\w-]+\s/.test(text) || /[\\/].*[\\/]/.test(text);
  return KEY.test(key) && !/\s\S+\s\S+\s/.test(text);
}

/** Percent-encoding undone as often as it was done: a server behind a proxy decodes once more than one thinks. */
export function decoded(text: string): string {
  let now = text;
  for (let turn = 0; turn < DECODINGS_MAX && /%[0-9a-f]{2}/i.test(now); turn += 1) {
    now = now.replace(/%c0%(?:ae|2e)/gi, '.').replace(/%c0%af|%c1%9c/gi, '/').replace(/%([0-9a-f]{2})/gi,
      (_, byte: string) => String.fromCharCode(Number.parseInt(byte, 16)));
  }
  return now;
}

const DECODINGS_MAX = 3;

/** Resolves without asking the file system: links that exist there are its owner's affair (`roots` are checked by who serves them, too). */
export function formOf(text: string): PathForm {
  const said = decoded(text.trim()).normalize('NFKC').replace(/^file:\/\/(?:localhost)?/i, '');
  const slashed = said.replaceAll('\\', '/');
  const unc = /^\/\/[^/]/.test(slashed);
  const home = /^~|^\$\{?(?:HOME|USERPROFILE)|^%(?:USERPROFILE|HOMEPATH|APPDATA|LOCALAPPDATA)%/i.test(slashed);
  const drive = /^\/?([A-Za-z]):/.exec(slashed)?.[1]?.toLowerCase();
  const isAbsolute = slashed.startsWith('/') || drive !== undefined;
  const out: string[] = [];
  let climbs = false;
  for (const part of slashed.replace(/^\/?[A-Za-z]:/, '').split('/')) {
    // Windows drops dots and spaces at the end of a name: `.. ` climbs there too.
    const name = /^\.\.[ .]*$/.test(part) ? '..' : part;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      climbs = true;
      out.pop();
    } else {
      out.push(name);
    }
  }
  const front = drive === undefined ? (isAbsolute ? '/' : '') : `${drive}:/`;
  return { canonical: front + out.join('/'), isAbsolute, climbs, home, unc };
}

/** Whether a canonical path is a root or below it. Compared by whole segments: `/srv/data-old` is not in `/srv/data` (CVE-2025-53110). */
export function isWithin(canonical: string, roots: readonly string[]): boolean {
  return roots.some((root) => {
    const base = formOf(root).canonical.replace(/\/$/, '');
    return canonical === base || canonical.startsWith(`${base}/`);
  });
}
