/** What Sallyport can do to stop an incident from getting worse. Closed: a playbook that names another is refused. */
export const CONTAINMENT_VERBS = [
  'kill', 'quarantine-server', 'read-only', 'require-approval', 'step-up', 'revoke-tokens', 'revoke-credential', 'rotate-secret', 'drop-context',
  'rollback-pin', 'block-host', 'raise-inspection', 'taint-context', 'legal-hold', 'evidence-bundle', 'deny-at-endpoints', 'notify-vendor', 'page',
] as const;
export type ContainmentVerb = (typeof CONTAINMENT_VERBS)[number];

/** What it is done to. `all` and a `space` are wide. */
export const CONTAINMENT_TARGETS = ['all', 'space', 'server', 'tool', 'agent', 'principal', 'context', 'credential', 'host', 'vendor', 'incident'] as const;
export interface ContainmentScope {
  readonly target: (typeof CONTAINMENT_TARGETS)[number];
  /** Of the target, by the id that records have; `''` for `all` and `space`. A tool is `<server>/<tool>`. */
  readonly name: string;
}

/** `applied`: in force. `lifted`: taken back by a person. `expired`: its time is over. `done`: an act that has no way back, such as a page that was sent. */
export type ContainmentState = 'applied' | 'lifted' | 'expired' | 'done' | 'failed';
