import { createHash } from 'node:crypto';
import { connect } from 'node:tls';
import { chromium, type Browser, type BrowserContext } from 'playwright-core';
import { caOf } from '../../src/cli/connect.ts';

/** Debian's Chromium, without a screen. It trusts one key more than usual, that of the certificate which this control shows. */
export async function launch({ home, control }: { readonly home: string; readonly control: string }, more: readonly string[] = []): Promise<Browser> {
  const pin = await keyOf(new URL(control), caOf(home) ?? '');
  const args = [`--ignore-certificate-errors-spki-list=${pin}`, '--disable-background-networking', '--disable-component-update', '--no-first-run', ...more];
  // Chromium's own jail refuses to be made by root.
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: process.getuid?.() === 0 ? [...args, '--no-sandbox'] : args });
}

/** The digest of the public key that a server proves to have, seen over a connection that its own CA vouches for. */
function keyOf({ hostname, port }: URL, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), ca, servername: hostname }, () => {
      const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
      socket.end();
      if (key === undefined) reject(new Error(`${hostname}:${port} shows no certificate`));
      else resolve(createHash('sha256').update(key).digest('base64'));
    });
    socket.on('error', reject);
  });
}

/** Opens an account by its path, and the console by its form, as a person would. */
export async function enter(context: BrowserContext, control: string, path: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${control}${path}`);
  await page.fill('input[name=password]', PASSWORD);
  await page.fill('input[name=again]', PASSWORD);
  await page.getByRole('button', { name: 'Use a password' }).click();
  await page.waitForURL('**/sign-in/account');
  await page.goto(`${control}/sign-in/console`);
  await page.getByRole('button', { name: 'Open the console' }).click();
  await page.waitForURL('**/console/**');
  await page.close();
}

const PASSWORD = 'seven quiet lemon boats';
