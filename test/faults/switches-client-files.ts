import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

const SEAL = 'src/client-files/seal/seal.test.ts';
const AUDIT = 'src/client-files/audit/audit.test.ts';

/** What keeps secrets in clients' files from getting lost, seen, or sent where they were not meant for. */
export const CLIENT_FILES: readonly Switch[] = [
  ...switches('src/client-files/seal/release.ts', SEAL, [
    ['secrets for changed entries', 'gets no secret', 'return holding.length > 0 && holding.every(({ isKnown }) => isKnown);', 'return true;'],
    ['secrets named in another entry', 'gets no secret', 'holding.every(({ isKnown }) => isKnown)', 'holding.some(({ isKnown }) => isKnown)'],
    ['secrets for what no entry starts', 'the command alone', 'if (!isAsked(token)) {', "if (token === '') {"],
  ]),
  ...switches('src/client-files/seal/seal.ts', SEAL, [
    ['unsealing into changed entries', 'gets no secret', 'isMeant || isTrusted(token)', 'isMeant || !isMeant'],
    ['what a kill left is kept', 'killed act left', 'if (!known.has(digest)) await keep.add(path, state);', ''],
    ['private files', 'is clean when it is sealed', "const PRIVATE = 0o600;", 'const PRIVATE = 0o644;'],
  ]),
  ...switches('src/client-files/seal/plan.ts', SEAL, [
    [
      'what stays in clear is told', 'what it can\'t fill in is told',
      'const left = found.filter((secret) => !sealable.includes(secret))', 'const left = found.filter(() => false)',
    ],
  ]),
  ...switches('src/client-files/seal/kept.ts', SEAL, [
    ['what is kept is of its time', 'of its owner, its file and its time', "return ['client-file', path, id];", "return ['client-file', path];"],
  ]),
  ...switches('src/client-files/seal/at-rest.ts', 'src/cli/config/at-rest.test.ts', [
    ['what a stranger encrypted', 'a whole file rests encrypted', "act === 'encrypt' && beforeDigest === digest", "act === 'encrypt'"],
  ]),
  ...switches('src/client-files/edit/edit.ts', 'src/client-files/edit/edit.test.ts', [
    ['an edit says what was meant', 'is not changed at all', '!isDeepStrictEqual(plainOf(editor.parse(next)), meant)', 'next.length === 0'],
  ]),
  ...switches('src/client-files/edit/replace.ts', 'src/client-files/edit/replace.test.ts', [
    [
      'what comes out is what was expected', 'no write of a client',
      'if (digestAt(draft) === expected && digestAt(draft) === expected) return;', "if (draft !== '') return;",
    ],
    ['hard links', 'what is not as it was expected', 'if (found.nlink > 1)', 'if (found.nlink > 9)'],
  ]),
  ...switches('src/client-files/audit/entry-findings.ts', AUDIT, [
    ['approval given beforehand', '"trust":true', "value === true || value === 'approve'", "value === 'approve'"],
    ['values that execute', 'pass show', String.raw`return /\$\([^)]+\)|`, String.raw`return /\$\([^)]+\)x|`],
    ['servers that the gate does not know', '{"command":"x"}', "if (standing === 'sanctioned') return [];", 'return [];'],
  ]),
  ...switches('src/cli/config/watch-actions.ts', 'src/cli/config/watch-actions.test.ts', [
    ['what started before it was seen', 'long before its file was seen', 'const { asBeforeAt: since } = change;', 'const { seenAt: since } = change;'],
  ]),
  ...switches('src/client-files/watch/watcher.ts', 'src/client-files/watch/watch.test.ts', [
    [
      'until when a file was as before', 'until when its file was as before',
      'const asBeforeAt = last?.at ?? this.#scannedAt;', 'const asBeforeAt = Date.now();',
    ],
  ]),
  ...switches('src/client-files/risks.ts', AUDIT, [
    ['addresses without encryption', 'mcp.example.com', "(protocol === 'http:' || protocol === 'ws:')", "(protocol === 'ws:')"],
  ]),
  ...switches('src/client-files/audit/file-findings.ts', AUDIT, [
    ['files that others can read', 'who may read and write', 'holdsSecrets && isOpen(target, 0o044)', 'holdsSecrets && isOpen(target, 0)'],
    ['copies beside a file', 'who may read and write', '...await copiesBeside(file, hasSecrets),', ''],
  ]),
  ...switches('src/client-files/audit/git-index.ts', AUDIT, [
    ['pipes in a repository', 'nobody waits for it', 'constants.O_RDONLY | constants.O_NONBLOCK', 'constants.O_RDONLY'],
  ]),
  ...switches('src/client-files/audit/instructions.ts', AUDIT, [
    ['two signs in what agents obey', 'two signs of orders', 'kinds.size < 2', 'kinds.size < 9'],
  ]),
];
