/**
 * What can run by itself. Control does what needs nothing but its own store; a worker does what reaches out or starts processes, so
 * that control never opens what strangers wrote.
 */
export const JOB_KINDS = ['digest', 'review', 'vendors', 'vendor-probes', 'red-team', 'host-scan', 'advisories'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** What a worker runs for each kind that is a worker's: its own version's command, whatever it is told. */
export const WORKER_COMMANDS: Readonly<Partial<Record<JobKind, readonly string[]>>> = {
  'vendor-probes': ['vendor', 'probe', '--due'], 'red-team': ['redteam', 'run'], 'host-scan': ['discover', 'host'], advisories: ['knowledge', 'import'],
};
