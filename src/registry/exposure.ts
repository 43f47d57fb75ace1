import { SallyportError } from '../domain/errors.ts';
import { showHidden } from './text.ts';

/** What a probe saw of a remote server. `undefined`: it could not be found out, which counts as the worst. */
export interface ExposureFacts {
  readonly url: string;
  /** It answered a request without any credential with more than a refusal. */
  readonly answersUnauthenticated: boolean | undefined;
  /** It answered a request whose `Origin` is a foreign web page's (DNS rebinding). */
  readonly acceptsForeignOrigin: boolean | undefined;
}

export type ExposureRule = 'exposure-cleartext' | 'exposure-unauthenticated' | 'exposure-foreign-origin';

export interface ExposureFinding {
  readonly rule: ExposureRule;
  /** `failure`: the server can't be approved without an exception. `note`: an approver should know. */
  readonly severity: 'failure' | 'note';
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

/** Judges how a server is exposed. On this machine alone, cleartext and a missing credential are notes; a foreign origin is not. */
export function judgeExposure(facts: ExposureFacts): readonly ExposureFinding[] {
  const url = new URL(facts.url);
  const local = /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  const remoteOnly = local ? 'note' : 'failure';
  const findings: ExposureFinding[] = [];
  if (url.protocol !== 'https:') {
    const message = 'calls, results and its credential travel in clear text';
    findings.push({ rule: 'exposure-cleartext', severity: remoteOnly, message, remedy: 'give it an https URL' });
  }
  if (facts.answersUnauthenticated !== false) {
    const message = facts.answersUnauthenticated
      ? 'it answers without a credential: whoever reaches it passes by the gate'
      : 'whether it wants a credential is not known';
    const remedy = 'have it want a credential, and name that here under credentials';
    findings.push({ rule: 'exposure-unauthenticated', severity: remoteOnly, message, remedy });
  }
  if (facts.acceptsForeignOrigin !== false) {
    const message = facts.acceptsForeignOrigin
      ? 'it answers to any web page that a browser has open (DNS rebinding)'
      : 'whether it checks Origin is not known';
    findings.push({ rule: 'exposure-foreign-origin', severity: 'failure', message, remedy: 'have it refuse foreign Origin headers with 403' });
  }
  return findings;
}

/** The failures that no exception in force covers. */
export function openFailures(
  server: string,
  findings: readonly ExposureFinding[],
  exceptions: readonly ExposureException[],
  now: number,
): readonly ExposureFinding[] {
  const covered = new Set(exceptions.filter((exception) => exception.server === server && exception.expiresAt > now).map(({ rule }) => rule));
  return findings.filter(({ rule, severity }) => severity === 'failure' && !covered.has(rule));
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
  throw new SallyportError('ERR_EXPOSURE', `server ${showHidden(server)}: ${failures}`, {
    remedy: `${open.map(({ remedy }) => remedy).join('; ')}; or record an exception that expires: sallyport exception add`,
  });
}
