import type { Severity } from '../../domain/finding.ts';

/**
 * What a file is to an agent. `servers`: its client's list of servers, and settings beside it. `instructions`: text that an agent
 * obeys. `programs`: scripts that a client runs by itself (hooks, plug-ins). `managed`: the organisation's word.
 */
export const WATCHED_ROLES = ['servers', 'instructions', 'programs', 'managed'] as const;
export type WatchedRole = (typeof WATCHED_ROLES)[number];

/** A file, or a folder of which every file counts, or those that fit a pattern below it. */
export interface WatchedPlace {
  readonly path: string;
  readonly role: WatchedRole;
  /** Id of the table of clients. */
  readonly client?: string;
  readonly isFolder?: boolean;
  readonly pattern?: string;
}

/** One server of a file. What stands in it is kept as salted digests; what is in the clear is what a person may see anyway. */
export interface EntryState {
  readonly name: string;
  readonly project?: string;
  /** What it really runs, in words without a secret. */
  readonly runs: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly host?: string;
  readonly address?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly isDisabled: boolean;
  readonly approved: readonly string[] | 'all';
}

/** One file at one moment. Two are the same exactly when their JSON is. */
export interface FileState {
  readonly path: string;
  readonly role: WatchedRole;
  readonly client?: string;
  /** `unreadable`: it is there, and its content can't be told; `broken`: it is no document of its kind. */
  readonly kind: 'file' | 'unreadable' | 'broken';
  /** Where it leads, if it is a link. */
  readonly link?: string;
  readonly digest: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly entries: readonly EntryState[];
  /** Settings that decide what runs or is asked, by their key: a salted digest each. */
  readonly settings: Readonly<Record<string, string>>;
}

/** One thing in which a file is not what was approved. No value of the file is in it. */
export interface Difference {
  readonly file: string;
  readonly client?: string;
  readonly server?: string;
  readonly what: string;
  readonly severity: Severity;
}
