import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

/** What keeps watch over files that tell agents what they can do, and over what is enforced in clients. */
export const FILES: readonly Switch[] = [
  ...switches('src/cli/config/file-acts.ts', 'src/cli/config/enforce.test.ts', [
    ['acts on record before they are done', 'on record', "await client.send('POST', act, said);", ''],
  ]),
  ...switches('src/client-files/watch/differences.ts', 'src/client-files/watch/watch.test.ts', [
    ['changed commands', 'a command weighs more', 'before.command !== after.command || kindChanged', 'kindChanged'],
    ['changed arguments', 'a command weighs more', 'before.command === after.command && before.args.join()', "before.command === '' && before.args.join()"],
    ['hosts of remote servers', 'a command weighs more', 'if (before.host !== after.host) return', "if (before.host === '') return"],
    ['variables that run code', 'a variable that runs code', "what === 'environment' && names.some(runsCode)", "what === '' && names.some(runsCode)"],
    ['new approvals', 'approval of all', "if (after === 'all') return [{", 'if (after.length < 0) return [{'],
    ['links', 'modes, owners and links count', '...(before.link === after.link ? [] : [linkChange(after)]),', ''],
    ['settings that name programs', 'a hook', '...settings(before, after),\n  ];', '\n  ];'],
  ]),
  ...switches('src/client-files/watch/look.ts', 'src/client-files/watch/watch.test.ts', [
    ['keys in an address', 'holds a value', "words.includes('://') ?", "words === '' ?"],
    ['no secret in a state', 'holds a value', "return runs.kind === 'shell' ? 'a line for a shell' :", "return runs.kind === 'shell' ? runs.line :"],
  ]),
  ...switches('src/client-files/file.ts', 'src/client-files/watch/watch.test.ts', [
    ['no pipe is waited for, no device opened', 'never waited for', 'fstatSync(looked).isFile() ?', 'fstatSync(looked).mode > 0 ?'],
  ]),
  ...switches('src/client-files/watch/baseline.ts', 'src/client-files/watch/watch.test.ts', [
    ['the signature of a baseline', 'is what was signed', 'if (verify(null, Buffer.from(CONTEXT', 'if (statement !== "" || verify(null, Buffer.from(CONTEXT'],
    ['own files of others', 'is what was signed', '(found.mode & 0o077) !== 0', '(found.mode & 0o077) < 0'],
  ]),
  ...switches('src/client-files/watch/copies.ts', 'src/client-files/watch/watch.test.ts', [
    ['copies are of one file', 'copies show nothing', '.setAAD(Buffer.from(path)).setAuthTag(', '.setAuthTag('],
    ['links that were turned', 'through a link that was turned', "if (before.link !== undefined && await", "if (before.link === '' && await"],
    ['what was written meanwhile behind a link', 'through a link that was turned', 'await checkSame(fresh, judged)', "await checkSame('', judged)"],
    ['what was written meanwhile', 'never over what somebody wrote', 'if (!Buffer.from(judged).equals(await readFile(path))) {', 'if (judged.length < 0) {'],
  ]),
  ...switches('src/client-files/watch/watcher.ts', 'src/client-files/watch/watch.test.ts', [
    ['folders are listened to', 'files that are replaced', 'watch(path, (_, name) => this.#heard(', 'watch(path, (_, name) => void ('],
    ['folders that were exchanged', 'nobody blinds it', 'this.#heardOf.get(path)?.id === id', 'this.#heardOf.has(path)'],
    ['second names of a file', 'nobody blinds it', 'for (const real of files.keys()) wanted.add(real);', ''],
    ['where links lead', 'nobody blinds it', '...this.#leads.get(one) ?? []', ''],
    ['full scans', 'the full scan finds', 'this.scan().catch((error: unknown) => this.#trouble(error))', 'Promise.resolve()'],
  ]),
  ...switches('src/cli/config/watched.ts', 'src/cli/config/watch.test.ts', [
    ['control\'s word on a baseline', 'somebody else put there', 'hasGate(client) && known?.root !== kept.root', 'known?.root === ""'],
  ]),
  ...switches('src/cli/config/watch.ts', 'src/cli/config/watch.test.ts', [
    ['a gate whose token was taken', 'is still a gate', 'return hasGate(client) ? {', 'return client.home === "" ? {'],
  ]),
  ...switches('src/cli/config/watch-run.ts', 'src/cli/config/watch.test.ts', [
    ['the end of a watch', 'its end is on record', "await tell('stopped', 'it was ended');", ''],
    ['what runs among many changes', 'what its servers started', "planned.includes('kill') && killing", "planned.includes('kill') && isTold && killing"],
    ['interruptions', 'its end is on record', "if (mark !== undefined) await tell('interrupted'", "if (mark === '') await tell('interrupted'"],
  ]),
  ...switches('src/cli/config/watch-actions.ts', 'src/cli/config/watch.test.ts', [
    ['whose folders a revert goes through', 'root takes nothing away', 'uid || !isWayOf(path, uid)', 'uid'],
    ['whose link names what is ended', 'root takes nothing away', '|| !isWayOf(path, after?.uid)', ''],
    ['what ran already stays', 'what its servers started', 'one.startedAt >= Math.floor(since / 1000) - 1 && ', ''],
    ['names that are shown otherwise', 'what its servers started', 'changed.has(visible(name))', 'changed.has(name)'],
  ]),
  ...switches('src/cli/config/watch-reports.ts', 'src/cli/config/watch-reports.test.ts', [
    ['the worst of many', 'fills no log', '.toSorted(byWeight)', ''],
    ['changes without end', 'fills no log', 'if (this.#taken < LIMITS.watchReportsPerMinuteMax) {', 'if (this.#taken >= 0) {'],
    ['what is added while others are told', 'stays on the disk until it was told', 'const written = this.#writing.then(write);', 'const written = write();'],
  ]),
  ...switches('src/control/files/routes.ts', 'src/control/files/files.test.ts', [
    ['who may protect', 'is for whom policy', "summary, access: 'protect',", "summary, access: 'read',"],
    ['older baselines', 'under rising numbers', 'if (number <= (known?.body.number ?? 0))', 'if (number < 0)'],
  ]),
  ...switches('src/control/files/watches.ts', 'src/control/files/files.test.ts', [
    ['silent watchers', 'silent once', 'now() - body.seenAt <= BEATS * body.everyMs', 'now() > 0'],
  ]),
  ...switches('src/control/start.ts', 'src/control/files/files.test.ts', [
    ['who looks for silence', 'looks for silence by itself', ', listenForSilence(control)', ''],
  ]),
  ...switches('src/client-files/enforce/matchers.ts', 'src/client-files/enforce/enforce.test.ts', [
    ['names beside commands', 'no longer counts beside', 'strict.length > 0 ? strict :', 'strict.length < 0 ? strict :'],
  ]),
  ...switches('src/client-files/enforce/claude-code.ts', 'src/client-files/enforce/enforce.test.ts', [
    ['lists of people', 'what is sanctioned loads', "{ at: ['allowedMcpServers'], value: matchersOf(servers) },", ''],
  ]),
  ...switches('src/client-files/enforce/plan.ts', 'src/client-files/enforce/enforce.test.ts', [
    ['patterns in what is sanctioned', 'a pattern in what is sanctioned', 'if (/[*${}]/.test(url)) throw', "if (url === '') throw"],
    ['programs by their names', 'a program by its name', '!/^(?:\\/|[A-Za-z]:\\\\)/.test(command[0])', "command[0] === ''"],
  ]),
  ...switches('src/client-files/enforce/deploy.ts', 'src/client-files/enforce/enforce.test.ts', [
    ['folders that others may write', 'is written to no link', '(found.mode & WRITABLE) !== 0 && (found.mode & 0o1000) === 0', '(found.mode & WRITABLE) < 0'],
    ['what drifts', 'drifts by whatever', '!Bun.deepEquals(valueAt(json, at), value)', 'valueAt(json, at) === value'],
  ]),
];
