import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

const FILES = 'src/discover/host/files.test.ts';
const WALK = 'src/discover/host/walk.test.ts';
const READ = 'src/client-files/read/servers.test.ts';
const UNWRAP = 'src/client-files/runs/unwrap.test.ts';

/** What keeps the look at clients' files true, harmless, bounded and silent of what stands in them. */
export const HOST_FILES: readonly Switch[] = [
  ...switches('src/discover/host/walk.ts', WALK, [
    ['links to folders', 'links to folders are not entered', "kind === 'folder' && !skips(name, path)", "kind !== 'file' && !skips(name, path)"],
    ['how deep a walk goes', 'each limit ends it', 'if (depth < depthMax)', 'if (depth < depthMax + 100)'],
    ['how much a walk lists', 'each limit ends it', 'entries >= entriesMax ?', 'entries >= Infinity ?'],
    ['how long a walk takes', 'each limit ends it', 'performance.now() > endsAt', 'performance.now() > Infinity'],
  ]),
  ...switches('src/discover/host/plain-file.ts', WALK, [
    ['pipes and devices', 'a FIFO, a device', 'if (!before.isFile())', 'if (before.isDirectory())'],
    ['large files', 'what is too large are not read', 'before.size > bytesMax', 'before.size > Infinity'],
    ['files without an end', 'and what is too large are not read', 'readBytes(file, 0, size)', 'readBytes(file, 0, size || 9)'],
    ['bytes that are no text', 'bytes, and what is too large', 'fatal: true', 'fatal: false'],
  ]),
  ...switches('src/discover/host/file-observation.ts', FILES, [
    ['keys in the address of a package', 'holds no value of a file', 'name: withoutSecrets(runs.name)', 'name: runs.name'],
  ]),
  ...switches('src/discover/public-runs.ts', FILES, [
    ['secrets in the line of a shell', 'holds no value of a file', 'line: lineWithoutSecrets(runs.line)', 'line: runs.line'],
    ['keys in a path', 'holds no value of a file', '${host}${withoutSecrets(pathname)}', '${host}${pathname}'],
  ]),
  ...switches('src/discover/keys.ts', FILES, [
    ['what is quoted in a line', 'holds no value of a file', '.replaceAll(/"[^"]*"?|\'[^\']*\'?/g, QUOTED)', ''],
    ['what hangs on a short option', 'holds no value of a file', '.replaceAll(/(?<=\\s-[A-Za-z])(?=[^\\s]*\\d)[^\\s=]{3,}/g, \'[…]\')', ''],
    ['scripts that are addresses', 'holds no value of a file', '`${scheme}${withoutSecrets(rest)}`', 'place'],
  ]),
  ...switches('src/client-files/runs/packages.ts', UNWRAP, [
    ['who fetches a package', 'token@github.com', "given.replace(/^([a-z+]+:\\/\\/)[^/]*@/i, '$1')", 'given'],
  ]),
  ...switches('src/client-files/runs/address.ts', UNWRAP, [
    ['secrets in a query', 'mcp-remote@0.1.0', "address.trim().replace(/[?#].*$/s, '')", 'address.trim()'],
  ]),
  ...switches('src/discover/host/files.ts', FILES, [
    ['a file is seen once', 'a file under several names', '!state.read.has(file.identity)', '!state.read.has(file.path)'],
    ['closed homes', 'a home that is closed', 'if (closed !== undefined) yield { place: home.folder, reason: closed };', 'if (closed !== undefined) continue;'],
    ['another machine\'s shares', 'no remembered share', '[...state.opened].filter(isLocal)', '[...state.opened]'],
    ['whose a linked file is', 'makes nobody’s servers another’s', '(real === path || isWithin(real, home.folder))', 'real !== \'\''],
    ['a mounted disk', 'a disk that is mounted', '? remembered : `${look.root}${remembered}`', '? remembered : remembered'],
  ]),
  ...switches('src/client-files/read/lenient.ts', READ, [
    ['names that stand twice', 'a name that stands twice', '[...(last.get(key.value) === child ? [] :', '[...(last.get(key.value) !== undefined ? [] :'],
    ['broken files', 'hides no other', "if (!(cause instanceof SallyportError) || cause.code === 'ERR_SURFACE_TOO_LARGE') return tooDeep();",
      'return tooDeep();'],
  ]),
  ...switches('src/client-files/read/servers.ts', READ, [
    ['servers of one file', 'hostile shapes', 'entries.slice(0, LIMITS.clientServersMax)', 'entries.slice(0)'],
  ]),
  ...switches('src/client-files/read/entries.ts', READ, [
    ['what is no server', 'hides no other', 'isSure(path) || looksLikeServer(said)', 'isSure(path) && looksLikeServer(said)'],
  ]),
  ...switches('src/client-files/runs/unwrap.ts', UNWRAP, [
    ['what anybody put there under a known name', '/tmp/x/npx', 'if (isAnybodys(program) && where', 'if (program === "" && where'],
    ['wrappers without end', 'wrappers without end', 'depth < WRAPPERS_MAX', 'depth < Infinity'],
  ]),
  ...switches('src/client-files/runs/programs.ts', UNWRAP, [
    ['who is the gate', '/home/me/bin/sallyport', "path === 'sallyport' ||", "path.endsWith('sallyport') ||"],
  ]),
  ...switches('src/client-files/runs/fetchers.ts', UNWRAP, [
    ['a package by its own name', 'mcp-remote', 'through(wrapper, version === undefined ? found : { ...found, version }, args)',
      "through(wrapper, { ...found, name: taken.rest[0] ?? '' }, args)"],
  ]),
  ...switches('src/client-files/runs/sources.ts', UNWRAP, [
    ['where a package comes from', '--registry', "if (source === undefined || runs.kind !== 'package'", "if (source !== '' || runs.kind !== 'package'"],
  ]),
  ...switches('src/client-files/runs/words.ts', UNWRAP, [
    ['what only a shell could tell', 'npx $(cat name)', "SHELL_SIGNS.has(sign) || sign === '&'", "sign === '&'"],
  ]),
];
