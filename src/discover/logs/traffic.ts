/**
 * One exchange as one line of a log has it, whatever wrote the log. Everything in it was written by strangers: it is compared,
 * counted and cut, never followed.
 */
export interface Traffic {
  /** How much the line can show: a request, a name in a handshake or a question, a connection of addresses. */
  readonly by: 'http' | 'tls' | 'dns' | 'connection';
  /** Milliseconds since the epoch; 0 where the line says none. */
  readonly seenAt: number;
  /** Address or name of the machine that asked. */
  readonly from?: string | undefined;
  /** The person that the log's writer knew. */
  readonly person?: string | undefined;
  /** Name of what was asked, without its port. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly secure?: boolean | undefined;
  readonly method?: string | undefined;
  /** With its query, as it was sent. */
  readonly path?: string | undefined;
  readonly status?: number | undefined;
  readonly agent?: string | undefined;
  /** Media type of the answer. */
  readonly answered?: string | undefined;
  /** Headers of the protocol that the log keeps, names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The beginning of the request's body, where the log keeps one. */
  readonly body?: string | undefined;
  /** A rule for MCP of ours, in the log's own writer, has decided already. */
  readonly era?: Era | undefined;
  /** Addresses: of a connection where it went, of a question what was answered. */
  readonly addresses?: readonly string[] | undefined;
  readonly bytes?: number | undefined;
}

/** Revisions before 2026-07-28 keep sessions; from it on there are none. */
export type Era = 'legacy' | 'modern';

/** Reads lines of one log. Lines are whole, without their end. */
export interface LineReader {
  /** What the line is: nothing to read (a comment, another kind of event), broken, or traffic. */
  read(line: string): Traffic | 'other' | 'broken';
  /** Whether a line that names nothing of the protocol is whole; as cheap as it can be. */
  isWhole(line: string): boolean;
  /** Every line counts, also those that name nothing: connections are known by their addresses. */
  readonly all?: true;
}

export interface LogFormat {
  readonly id: string;
  /** A reader for a log that begins with these lines (at least one); undefined for another format. */
  reader(first: readonly string[]): LineReader | undefined;
}

/** `host`, `host:port`, `[::1]:port`: name and port. */
export function splitHost(authority: string): { readonly host: string; readonly port?: number } {
  const match = /^(\[[0-9a-f:.]+\]|[^:]*)(?::(\d{1,5}))?$/i.exec(authority);
  if (match === null) return { host: authority };
  return { host: (match[1] ?? '').toLowerCase(), ...(match[2] === undefined ? {} : { port: Number(match[2]) }) };
}

/** The target of a request as proxies and servers log it: a whole address, or a path only. */
export function splitTarget(target: string): Pick<Traffic, 'host' | 'port' | 'secure' | 'path'> {
  const match = /^(https?|wss?):\/\/([^/?#]*)([^#]*)/i.exec(target);
  if (match === null) return { path: target };
  const authority = (match[2] ?? '').replace(/^.*@/, '');
  return { ...splitHost(authority), secure: /^(https|wss)$/i.test(match[1] ?? ''), path: match[3] === '' ? '/' : (match[3] ?? '/') };
}

/** A text of a log, or nothing where its writer wrote that there is none. */
export function said(text: string | undefined): string | undefined {
  return text === undefined || text === '' || text === '-' || text === '(empty)' ? undefined : text;
}
