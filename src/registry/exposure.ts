import { SallyportError } from '../domain/errors.ts';
import type { Server } from '../domain/server.ts';
import { showHidden } from '../domain/hidden.ts';

/** What is known of how a remote server stands. `undefined`: it could not be found out, which counts as the worst. */
export interface ExposureFacts {
  readonly url: string;
  readonly hosting: Server['hosting'];
  /** It may be at a private address. */
  readonly allowPrivate: boolean;
  /** It answered a request without any credential with more than a refusal. */
  readonly answersUnauthenticated: boolean | undefined;
  /** It answered a request whose `Origin` is a foreign web page's (DNS rebinding). */
  readonly acceptsForeignOrigin: boolean | undefined;
}

export type ExposureRule = 'exposure-cleartext' | 'exposure-unauthenticated' | 'exposure-foreign-origin' | 'exposure-private-address';

export interface ExposureFinding {
  readonly rule: ExposureRule;
  /** `block`: a failure, the server can't be approved without an exception. `warn`, `info`: an approver should know. */
  readonly severity: 'block' | 'warn' | 'info';
  readonly message: string;
  readonly remedy: string;
}

/** An approved deviation for one server and one rule, with an end. */
export interface ExposureException {
  readonly server: string;
  readonly rule: string;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/**
 * Judges how a server is exposed: who else than the gate can call it. What a company runs where a network reaches it must
 * encrypt, want a credential and refuse foreign pages. On this machine alone a warning takes the place of a failure, and so it
 * does for a vendor's service that is open to the world by design (docs/decisions/0009).
 */
export function judgeExposure(facts: ExposureFacts): readonly ExposureFinding[] {
  const url = new URL(facts.url);
  const local = /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  const openToCalls = local || facts.hosting === 'vendor' ? 'warn' : 'block';
  const findings: ExposureFinding[] = [];
  if (url.protocol !== 'https:') {
    const message = 'calls, results and its credential travel in clear text';
    findings.push({ rule: 'exposure-cleartext', severity: local ? 'info' : 'block', message, remedy: 'give it an https URL' });
  }
  if (facts.answersUnauthenticated !== false) {
    const message = facts.answersUnauthenticated ? 'it answers without a credential: whoever reaches it passes by the gate' : unknown('wants a credential');
    const remedy = facts.answersUnauthenticated ? 'have it want a credential, and name that here under credentials' : SCAN;
    findings.push({ rule: 'exposure-unauthenticated', severity: openToCalls, message, remedy });
  }
  if (facts.acceptsForeignOrigin !== false) {
    const message = facts.acceptsForeignOrigin ? 'it answers to any web page that a browser has open (DNS rebinding)' : unknown('checks Origin');
    const remedy = facts.acceptsForeignOrigin ? 'have it refuse foreign Origin headers with 403' : SCAN;
    // A page has no credential to show: where one is wanted, the missing check opens nothing by itself.
    const severity = facts.answersUnauthenticated === false ? 'info' : openToCalls;
    findings.push({ rule: 'exposure-foreign-origin', severity, message, remedy });
  }
  if (facts.allowPrivate) {
    const message = 'it may be at a private address; the address check is off for it';
    findings.push({ rule: 'exposure-private-address', severity: 'info', message, remedy: 'leave allowPrivate away where it has a public address' });
  }
  return findings;
}

const SCAN = 'read it again: sallyport server scan';

function unknown(what: string): string {
  return `whether it ${what} is not known`;
}

/** The failures that no exception in force covers. */
function openFailures(
  server: string,
  findings: readonly ExposureFinding[],
  exceptions: readonly ExposureException[],
  now: number,
): readonly ExposureFinding[] {
  const covered = new Set(exceptions.filter((exception) => exception.server === server && exception.expiresAt > now).map(({ rule }) => rule));
  return findings.filter(({ rule, severity }) => severity === 'block' && !covered.has(rule));
}

/** Throws `ERR_EXPOSURE` with every failure that is not covered. Approval goes through here. */
export function requireExposure(
  server: string,
  findings: readonly ExposureFinding[],
  exceptions: readonly ExposureException[],
  now: number,
): void {
  const open = openFailures(server, findings, exceptions, now);
  if (open.length === 0) return;
  const failures = open.map(({ rule, message }) => `${message} (${rule})`).join('; ');
  const commands = open.map(({ rule }) => `sallyport exception add --server ${showHidden(server)} --exposure ${rule}`);
  throw new SallyportError('ERR_EXPOSURE', `server ${showHidden(server)}: ${failures}`, {
    remedy: `${open.map(({ remedy }) => remedy).join('; ')}; or accept it for a time: ${commands.join('; ')} (see its --help)`,
  });
}
