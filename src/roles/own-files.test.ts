import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, codeThrown } from '../../test/fixtures/code-of.ts';
import { ROLES } from '../domain/role.ts';
import { ensureRoleKey } from '../link/keys.ts';
import { startControl } from './control.ts';
import { startEgress } from './egress.ts';
import { startGateway } from './gateway.ts';
import { runLedger } from './ledger.ts';
import { checkDeclared, checkOwnFiles } from './own-files.ts';
import { startSensor } from './sensor.ts';
import { startRunner } from './runner.ts';
import { removeHome } from '../../test/fixtures/record-judge.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync('/tmp/sp-files-');
  for (const role of ROLES) ensureRoleKey(home, role);
  writeFileSync(join(home, 'control', 'store.db'), '', { mode: 0o600 });
  mkdirSync(join(home, 'run'), { mode: 0o700 });
});
afterEach(() => removeHome(home));

const check = (): string => codeThrown(() => checkOwnFiles(home, 'control'));

const FLAWS: readonly (readonly [what: string, path: string, mode: number])[] = [
  ['a home that others may write', '', 0o777],
  ['a role\'s folder that others may write', 'control', 0o702],
  ['a key that others may read', 'control/key.pem', 0o644],
  ['a store that a group may read', 'control/store.db', 0o640],
  ['published keys that others may replace', 'keys/control', 0o777],
  ['a published key that others may write', 'keys/control/key.pub', 0o666],
  ['sockets that others may replace', 'run', 0o777],
];

test.each(FLAWS)('%s stop a role, with the remedy', (_, path, mode) => {
  expect(check()).toBe('accepted');
  chmodSync(join(home, path), mode);
  expect(check()).toBe('ERR_FILE_UNSAFE');
});

test('a link in the place of a secret stops it, and so does what belongs to somebody else', () => {
  symlinkSync('/etc/hostname', join(home, 'control', 'seal.key'));
  expect(check()).toBe('ERR_FILE_UNSAFE');
  rmSync(join(home, 'control', 'seal.key'));
  if (process.getuid?.() !== 0) return;
  chownSync(join(home, 'control', 'key.pem'), 1234, 0);
  expect(check()).toBe('ERR_FILE_UNSAFE');
});

test('[config-own-files] every role looks before it reads anything', async () => {
  for (const role of ROLES) chmodSync(join(home, role, 'key.pem'), 0o644);
  expect(await codeOf(startControl({ home }))).toBe('ERR_FILE_UNSAFE');
  expect(await codeOf(runLedger({ home, strict: false }))).toBe('ERR_FILE_UNSAFE');
  expect(await codeOf(startRunner({ home }))).toBe('ERR_FILE_UNSAFE');
  expect(await codeOf(startEgress({ home }))).toBe('ERR_FILE_UNSAFE');
  expect(await codeOf(startSensor({ home, node: 'x', everyMs: 1_000, looks: [], report: () => undefined }))).toBe('ERR_FILE_UNSAFE');
  expect(await codeOf(startGateway({ home, listen: '127.0.0.1:0', insecureLoopback: true, node: 'gateway' }))).toBe('ERR_FILE_UNSAFE');
});

test('a manifest, a policy or their folder that others may write is not followed', async () => {
  const folder = join(home, 'project');
  mkdirSync(folder);
  const [file, policy] = [join(folder, 'sallyport.yaml'), join(folder, 'a.cedar')];
  writeFileSync(file, 'apiVersion: sallyport/v1\npolicies: [a.cedar]\n');
  writeFileSync(policy, '@id("a") forbid(principal, action, resource);');
  expect(await codeOf(checkDeclared(file))).toBe('fulfilled');
  for (const path of [file, policy, folder]) {
    chmodSync(path, 0o777);
    expect([path, await codeOf(checkDeclared(file))]).toEqual([path, 'ERR_FILE_UNSAFE']);
    chmodSync(path, 0o755);
  }
});
