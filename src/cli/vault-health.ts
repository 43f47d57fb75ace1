import type { Json, JsonObject } from '../domain/json.ts';
import type { Check } from './doctor.ts';
import { objects, part, text } from './json-view.ts';
import { time } from './terminal.ts';
import { describeKey } from './vault.ts';

/** Where the vault's key rests, which secrets are overdue, open or without an owner, and whether too many were asked for. */
export function vaultChecks(vault: Json): readonly Check[] {
  const findings = [
    ...objects(part(vault, 'secrets')).flatMap((secret) => findingsOf(secret, `secret vault:${text(secret['name'])}`)),
    ...objects(part(vault, 'servers')).flatMap((server) => findingsOf(server, `credential of ${text(server['id'])}`)),
  ];
  return [
    keyCheck(vault),
    ...findings.map(({ of, finding }): Check => ({
      what: of, state: finding['severity'] === 'block' ? 'bad' : 'warn', found: text(finding['message']), remedy: REMEDIES[text(finding['rule'])] ?? '',
    })),
    ...objects(part(vault, 'alarms')).slice(-ALARMS_SHOWN).map((alarm): Check => ({
      what: 'credentials', state: 'bad', found: `${time(Number(alarm['at']))}: ${text(alarm['message'])}`, remedy: 'find out which gateway asks, and why',
    })),
  ];
}

function findingsOf(holder: JsonObject, of: string): readonly { readonly of: string; readonly finding: JsonObject }[] {
  return objects(holder['findings']).filter(({ severity }) => severity !== 'info').map((finding) => ({ of, finding }));
}

const ALARMS_SHOWN = 3;

const REMEDIES: Readonly<Record<string, string>> = {
  'credential-expired': 'get a new one from its issuer, then: sallyport vault rotate NAME --expires DATE',
  'credential-rotation-overdue': 'sallyport vault rotate NAME --rotate-by DATE',
  'credential-unowned': 'name an owner: sallyport vault set NAME --owner WHO, or owner: in sallyport.yaml',
  'credential-file-open': 'chmod 600 that file, and rotate the secret: others could read it',
  'credential-missing': 'sallyport vault set NAME',
};

function keyCheck(vault: Json): Check {
  const what = 'vault key';
  const found = describeKey(vault);
  const source = text(part(vault, 'key', 'source'));
  const mode = part(vault, 'key', 'mode');
  const check = (state: Check['state'], told: string, remedy: string): Check => ({ what, state, found: told, remedy });
  if (mode !== undefined && mode !== '0600') return check('bad', found, 'chmod 600 that file, restart control, then: sallyport vault rekey');
  if (source !== 'keyring' && source !== '' && mode === undefined) return check('bad', `${found}: it is not there`, 'restore its copy');
  const wanted = text(part(vault, 'wanted'));
  if (source !== '' && wanted !== source) return check('warn', `${found}; sallyport.yaml wants ${wanted}`, `sallyport vault rekey --key ${wanted}`);
  if (source === 'passphrase' && part(vault, 'state') !== 'open') return check('warn', `${found}: locked`, 'sallyport vault unlock');
  return check('good', found, '');
}
