import { afterAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureHome } from '../link/place.ts';
import { grantsOf, jailOf, refusedOf, type JailParts } from './up-jail.ts';

const folder = mkdtempSync('/tmp/sp-uj-');
const home = join(folder, 'home');
ensureHome(home);
afterAll(() => rmSync(folder, { recursive: true }));

const NOTHING: JailParts['needs'] = {
  ledger: { network: false, writes: [] }, runner: { reads: [], writes: [] }, control: { reads: [], programs: false, keyring: false },
};
const partsWith = (needs: Partial<JailParts['needs']>): JailParts => ({ home, env: {}, needs: { ...NOTHING, ...needs }, files: [], nests: true });

test('what settings ask for is granted, but never the home, what holds it, the kernel or all', () => {
  const [data, shared] = [join(folder, 'data'), join(home, 'shared')];
  for (const one of [data, shared]) mkdirSync(one);
  symlinkSync(join(home, 'control'), join(folder, 'innocent'));
  symlinkSync('/', join(folder, 'all'));
  writeFileSync(join(folder, 'file'), '');
  const refused = ['/', '/proc/1', '/sys', '/dev/sda', folder, home, join(home, 'control'), join(home, 'keys', 'gateway'), join(home, 'run'),
    join(home, 'shared', '..', 'ledger'), join(folder, 'innocent'), join(folder, 'innocent', 'vault.key'), join(folder, 'all'),
    // Over these the whole jail would fail.
    join(folder, 'file', 'below'), '/etc/passwd', '/etc/group'];
  const parts = partsWith({ runner: { reads: [data, ...refused], writes: [shared, ...refused] }, ledger: { network: true, writes: [...refused] } });
  const granted = grantsOf('runner', parts).flatMap((mount) => (mount.kind === 'read' || mount.kind === 'write' ? [[mount.kind, mount.at]] : []));
  expect(granted).toContainEqual(['read', data]);
  expect(granted).toContainEqual(['write', shared]);
  for (const path of refused) expect(granted.map(([, at]) => at)).not.toContain(path);
  expect(refusedOf('runner', parts)).toEqual([...refused, ...refused]);
  expect(grantsOf('ledger', parts)).toEqual([]);
});

test('network and new processes are there where something needs them, and nowhere else', () => {
  expect(kinds(partsWith({}))).toEqual(['gateway machine none', 'control machine none', 'ledger none none', 'runner none jails', 'egress machine none']);
  const more = partsWith({ ledger: { network: true, writes: [] }, control: { reads: [], programs: true, keyring: false } });
  expect(kinds(more)).toEqual(['gateway machine none', 'control machine processes', 'ledger machine none', 'runner none jails', 'egress machine none']);
  expect(kinds({ ...partsWith({}), nests: false })[3]).toBe('runner none processes');
});

function kinds(parts: JailParts): readonly string[] {
  return (['gateway', 'control', 'ledger', 'runner', 'egress'] as const).map((role) => {
    const { network, spawning } = jailOf(role, parts);
    return `${role} ${network} ${spawning}`;
  });
}
