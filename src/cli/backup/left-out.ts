/** What lies in a state folder and is not in a backup, and why. `path`: below the folder; a folder stands for all in it. */
interface LeftOut {
  readonly path: RegExp;
  readonly why: string;
}

const LEFT_OUT: readonly LeftOut[] = [
  { path: /^run(\/|$)/, why: 'sockets and addresses of running roles' },
  { path: /^runner\/running(\/|$)/, why: 'which processes run' },
  { path: /^control\/store\.db(-wal|-shm|-journal)?$/, why: 'the store is read as rows, of one moment' },
  { path: /^ledger\/(segments|log|bodies)(\/|$)/, why: 'read apart, in an order in which nothing names what is missing' },
  { path: /^ledger\/(index(\/|$)|reserve$)/, why: 'made anew from the journal' },
  { path: /^control\/(issuer-keys\.json|issuer\.key|admin\.token)$/, why: 'what they vouched for must be dead after a restore: they are made anew' },
  { path: /\.(part|draft|new|refused|sock)$/, why: 'half-written, or of a moment' },
];

export function isLeftOut(path: string): boolean {
  return LEFT_OUT.some((one) => one.path.test(path));
}
