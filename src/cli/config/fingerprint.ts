import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { readPrivateFile, writePrivateFile } from '../../vault/key-source.ts';

/**
 * By what two secrets that are the same are known as such in reports: a code with a salt that stays on this machine, so that nobody who
 * has a report can try values against it. Where the salt can't be kept, it is good for one report.
 */
export async function openFingerprints(home: string): Promise<(value: string) => string> {
  const file = join(home, 'client-files', 'fingerprint-salt');
  let salt = await readPrivateFile(file).catch(() => undefined);
  if (salt === undefined) {
    salt = randomBytes(32).toString('hex');
    await writePrivateFile(file, salt).catch((error: unknown) => {
      if (error instanceof SallyportError) throw error;
    });
  }
  const key = salt;
  return (value) => createHmac('sha256', key).update(value).digest('hex').slice(0, 12);
}
