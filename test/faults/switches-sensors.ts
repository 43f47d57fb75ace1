import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

const PROCESSES = 'src/discover/host/processes.test.ts';
const CODE = 'src/discover/code/look.test.ts';
const GIT = 'src/discover/code/git/git.test.ts';

/** What keeps the look at running hosts and at code true to what is there, harmless, and silent of secrets. */
export const SENSORS_OUTSIDE: readonly Switch[] = [
  ...switches('src/discover/host/process-signs.ts', PROCESSES, [
    ['who is the gate', 'what calls itself the gate is not the gate', ' && isThisFile(each, process))', ')'],
  ]),
  ...switches('src/discover/host/processes.ts', PROCESSES, [
    ['names that make no server', 'look-alikes are not told', 'signs.confidence >= CONFIDENCE_MIN', 'signs.confidence >= 0'],
    ['secrets in arguments', 'a package behind a link', "...(isOpen ? ['secret-in-clear' as const] : []),", ''],
    ['sockets that are open to all', 'a script by its imports', '!isApart && !LOOPBACK.test(address)', 'isApart && !LOOPBACK.test(address)'],
  ]),
  ...switches('src/discover/clues/sdks.ts', 'src/discover/host/packages.test.ts', [
    ['letters within words', 'never by letters in its name', "!words.includes('mcp') || words.some((word) => OTHERS.has(word))", "!lower.includes('mcp')"],
  ]),
  ...switches('src/discover/clues/source-roles.ts', CODE, [
    ['comments', 'look-alikes are none', "source.replaceAll(COMMENT, '')", 'source'],
  ]),
  ...switches('src/discover/code/clue.ts', CODE, [
    ['samples', 'of each language is what its imports are', 'if (!URL.canParse(url) || isPlaceholder(url)) return', 'if (!URL.canParse(url)) return'],
  ]),
  ...switches('src/discover/public-runs.ts', CODE, [
    ['secrets in addresses', 'of each language is what its imports are', '${withoutSecrets(pathname)}', '${pathname}'],
  ]),
  ...switches('src/discover/code/git/store.ts', GIT, [
    ['references out of a repository', 'cannot name a reference outside itself', " || reference.split('/').includes('..')", ''],
  ]),
  ...switches('src/discover/code/git/objects.ts', GIT, [
    ['names in a tree', 'cannot lead a walk out', " && !name.includes('/')", ''],
  ]),
  ...switches('src/discover/code/git/pack.ts', GIT, [
    ['what a delta copies', 'cannot unpack more than it said', 'from + count > source.byteLength || ', ''],
  ]),
];
