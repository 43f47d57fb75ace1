import type { Unwrapped } from './runs.ts';

export const CONFIGURED_SCOPES = ['user', 'project', 'managed', 'extension', 'cache'] as const;
/** For whom a file counts: one person, one folder, the whole machine, a plug-in of the client, or what a client kept by itself. */
export type ConfiguredScope = (typeof CONFIGURED_SCOPES)[number];

/**
 * One server as a client's file has it. **Values stand as they are in the file, secrets and all**: it lives in the memory of the
 * process that read the file, and is never stored, sent or printed; what leaves is an `Observation`.
 */
export interface ConfiguredServer {
  /** The client's id in the table of clients. */
  readonly client: string;
  readonly file: string;
  /** From the document's root to the entry: property names and, in lists, positions. */
  readonly at: readonly (string | number)[];
  /** 1-based line of the entry. */
  readonly line: number;
  readonly name: string;
  readonly scope: ConfiguredScope;
  /** The folder that it counts in, where the scope is `project`. */
  readonly project?: string;
  readonly transport: 'stdio' | 'http' | 'sse' | 'ws';
  /** Program and arguments; empty for a remote one. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly isDisabled: boolean;
  /** Tools that the client calls without asking; `all`: every one. */
  readonly autoApproved: readonly string[] | 'all';
  readonly runs: Unwrapped;
}
