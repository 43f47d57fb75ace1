import { readFile } from 'node:fs/promises';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { SECRET_REFERENCE } from '../../domain/server.ts';
import type { Rows } from '../../store/store.ts';
import { needStored } from '../stored.ts';
import type { StoredServer } from './schema.ts';

const SECRET_CHARS_MAX = 16 * 1024;

export interface ReleaseQuestion {
  readonly space: string;
  readonly server: string;
  /** Which of the server's declared references; absent: that of its credentials. */
  readonly secret?: string;
}

/**
 * One secret of one server, for the gateway that is about to call it: `{value}`. Only references that the server's entry
 * declares: a gateway that was broken into cannot ask for other files and variables. Throws `ERR_SERVER_UNKNOWN`,
 * `ERR_SERVER_QUARANTINED`, `ERR_UPSTREAM_CREDENTIAL`; never says the secret.
 */
export async function releaseCredential(rows: Rows, ask: ReleaseQuestion): Promise<JsonObject> {
  const { body } = await needStored(rows, 'server', ask.space, ask.server);
  if (body.status === 'quarantined') {
    throw new SallyportError(
      'ERR_SERVER_QUARANTINED', `server ${ask.server} is in quarantine`, { remedy: 'An administrator lifts it with: sallyport server approve' },
    );
  }
  const declared = referencesOf(body);
  const reference = ask.secret ?? declared[0];
  if (reference === undefined || !declared.includes(reference)) {
    throw new SallyportError(
      'ERR_UPSTREAM_CREDENTIAL', `server ${ask.server} declares no such secret`, { remedy: 'Declare it under the server\'s credentials or env.' },
    );
  }
  const value = await readSecret(reference);
  // A line break in a header's value would be a second header; a variable of a process may hold one (a PEM).
  const inHeader = body.credentials.type === 'header' && body.credentials.secret === reference;
  if (value === undefined || !(inHeader ? HEADER_VALUE : VARIABLE_VALUE).test(value)) throw missing(reference);
  return { value };
}

const HEADER_VALUE = /^[\x20-\x7E\x80-\xFF]+$/;
const VARIABLE_VALUE = /^[^\0]+$/;

function referencesOf({ credentials, endpoint }: StoredServer): readonly string[] {
  const inEnv = endpoint.transport === 'stdio' ? Object.values(endpoint.launch.env).filter((value) => SECRET_REFERENCE.test(value)) : [];
  return credentials.type === 'header' ? [credentials.secret, ...inEnv] : inEnv;
}

async function readSecret(reference: string): Promise<string | undefined> {
  const [kind, name] = partsOf(reference);
  return kind === 'env' ? process.env[name] : kind === 'file' ? readSecretFile(name) : undefined;
}

function partsOf(reference: string): readonly [kind: string, name: string] {
  const at = reference.indexOf(':');
  return [reference.slice(0, at), reference.slice(at + 1)];
}

const REMEDIES: Readonly<Record<string, (name: string) => string>> = {
  env: (name) => `Set ${name} in the environment that control is started in.`,
  file: (name) => `Write the secret to ${name} (mode 0600).`,
};

function missing(reference: string): SallyportError {
  const [kind, name] = partsOf(reference);
  return new SallyportError('ERR_UPSTREAM_CREDENTIAL', `the secret ${reference} is missing, empty or not usable where it is named`, {
    remedy: REMEDIES[kind]?.(name) ?? 'Give it as env:NAME or file:/path; the vault comes with a later release.',
  });
}

async function readSecretFile(path: string): Promise<string | undefined> {
  try {
    const secret = (await readFile(path, 'utf8')).trim();
    return secret.length > SECRET_CHARS_MAX ? undefined : secret;
  } catch {
    return undefined;
  }
}
