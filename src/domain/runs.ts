/**
 * What a command really runs once wrappers are taken off (`npx mcp-remote URL`, `docker run IMAGE`, `uvx NAME`, `sh -c LINE`,
 * `cmd /c`): the name by which one server is known wherever it is seen. Nothing in it is evaluated; a text that a shell would
 * execute stays a text.
 */
export type Runs =
  /** A server elsewhere; the address has neither credentials nor query. */
  | { readonly kind: 'remote'; readonly url: string }
  /** `version` absent: whichever is the newest. `name` as its registry spells it (PyPI: normalised by PEP 503). */
  | {
    readonly kind: 'package'; readonly ecosystem: 'npm' | 'pypi' | 'oci' | 'go' | 'cargo' | 'nuget' | 'mcpb'; readonly name: string;
    readonly version?: string;
  }
  /** A program of this machine; `script` where an interpreter runs a file. Absolute where that could be told. */
  | { readonly kind: 'program'; readonly program: string; readonly script?: string }
  /** A line that a shell would execute: shown, never run. */
  | { readonly kind: 'shell'; readonly line: string }
  /** Sallyport itself: it goes through the gate. */
  | { readonly kind: 'gate'; readonly server?: string };

/** The wrappers that were taken off, outermost first: `sh`, `npx`, `mcp-remote`, `docker`, … */
export interface Unwrapped {
  readonly runs: Runs;
  readonly wrappers: readonly string[];
}
