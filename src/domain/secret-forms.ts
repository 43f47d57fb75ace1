import { SECRET_REFERENCE } from './server.ts';

/** Why what is meant as a reference to a secret is none, and what to write instead; `undefined` for everything else, plain values too. */
export function refusedReference(value: string): string | undefined {
  if (SECRET_REFERENCE.test(value)) return undefined;
  if (value.startsWith('vault:')) return 'vault: is followed by the name of a secret in the vault, for instance vault:crm';
  if (value.startsWith('env:')) return 'env: is followed by the name of a variable, for instance env:CRM_KEY';
  return undefined;
}

/** Forms in which clients' files refer to a secret that is kept elsewhere. */
const CLIENT_REFERENCE = /^(?:Bearer |Basic )?(?:\$\{[^}]+\}|\$[A-Z_]\w*|\{env:[^}]+\}|\$\{\{[^}]+\}\}|op:\/\/.+|sallyport-sealed:[0-9a-f]{16})$/i;

/** Shapes that well-known issuers give their secrets. */
const KNOWN_SHAPES = new RegExp(
  [
    String.raw`\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|sk-[\w-]{16,}`,
    String.raw`AIza[\w-]{30,}|[sr]k_live_\w{10,}|SG\.[\w-]{16,}|npm_\w{20,}|pypi-[\w-]{16,}|hf_\w{20,}`,
    String.raw`eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)`,
  ].join('|'),
);
const IN_URL = /^[a-z][a-z0-9+.-]*:\/\/[^/\s@:]*:[^/\s@]+@/i;
const IN_QUERY = /^[a-z][a-z0-9+.-]*:\/\/[^#]*[?&][^=&]*(?:token|key|secret|passw|auth|sig)[^=&]*=[^&$]/i;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const SECRET_NAME =
  /token|secret|passw|passphrase|api[-_]?key|private[-_]?key|access[-_]?key|credential|authorization|bearer|^auth$|[-_]pat$|cookie/i;
const PLACEHOLDER = /^(?:|<.*>|\[.*\]|x{3,}|\*{3,}|changeme|your[-_ ].*|example|todo|none|null|true|false|\d{1,5})$/i;

/** Whether a value is written as a reference of any known form; such a value gives nothing away. */
export function isReference(value: string): boolean {
  return SECRET_REFERENCE.test(value) || CLIENT_REFERENCE.test(value);
}

/** Whether a value is, by its shape or by the name that it goes under, most likely a secret in clear text. */
export function looksSecret(name: string, value: string): boolean {
  if (isReference(value)) return false;
  if (KNOWN_SHAPES.test(value) || IN_URL.test(value) || IN_QUERY.test(value) || PRIVATE_KEY.test(value)) return true;
  return SECRET_NAME.test(name) && !PLACEHOLDER.test(value.trim());
}

/** Whether an option or header of this name carries a secret. */
export function namesSecret(name: string): boolean {
  return SECRET_NAME.test(name);
}
