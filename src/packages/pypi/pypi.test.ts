import { describe, expect, test } from 'bun:test';
import { markerHolds } from './marker.ts';
import { readRequirement } from './requirement.ts';
import { compareVersions, isIn, isPrerelease, readSpecifier, readVersion } from './version.ts';
import { markersOf, readWheelName } from './wheel-name.ts';
import type { Interpreter } from './wheel-name.ts';

const HERE: Interpreter = { version: '3.11.7', implementation: 'cpython', os: 'linux', machine: 'x86_64', glibc: [2, 36] };

function contains(specifier: string, version: string): boolean | undefined {
  const [clauses, read] = [readSpecifier(specifier), readVersion(version)];
  return clauses === undefined || read === undefined ? undefined : isIn(read, clauses);
}

function holds(marker: string, extra = ''): boolean | undefined {
  return markerHolds(marker, markersOf(HERE, extra));
}

function rank(tags: string): number {
  return readWheelName(`a-1.0-${tags}.whl`, HERE)?.rank ?? Number.POSITIVE_INFINITY;
}

describe('versions (PEP 440)', () => {
  test('are ordered', () => {
    const ordered = ['1.0.dev1', '1.0a1.dev1', '1.0a1', '1.0a2', '1.0b1', '1.0rc1', '1.0', '1.0+local', '1.0.post1.dev1', '1.0.post1', '1.0.1', '1.1.dev1',
      '1.10', '2!0.1'];
    const shuffled = [...ordered].toReversed().flatMap((text) => readVersion(text) ?? []);
    expect(shuffled.toSorted(compareVersions).map(({ text }) => text)).toEqual(ordered);
  });

  test('are the same however they are written', () => {
    for (const [one, other] of [['1.0', '1'], ['v1.0', '1.0.0'], ['1.0-alpha.1', '1.0a1'], ['1.0C2', '1.0rc2'], ['1.0-1', '1.0.post1'],
      ['1.0.DEV', '1.0.dev0']] as const) {
      const [a, b] = [readVersion(one), readVersion(other)];
      expect(a !== undefined && b !== undefined && compareVersions(a, b)).toBe(0);
    }
    for (const text of ['', 'latest', '1.0.x', '1..0', 'git+https://x', '1.0+']) expect(readVersion(text)).toBeUndefined();
    expect(['1.0', '1.0a1', '1.0.dev1', '1.0.post1'].map((text) => isPrerelease(readVersion(text) ?? { text, epoch: 0, release: [] }))).toEqual([false, true,
      true, false]);
  });

  test('specifiers hold what they say', () => {
    const yes = [
      ['>=1.0,<2', '1.5'], ['==1.2.*', '1.2.9'], ['!=1.2.*', '1.3'], ['~=1.4.2', '1.4.9'], ['~=1.4', '1.9'], ['==1.0', '1.0+local'], ['', '1'],
        ['>1.0', '1.0.1'],
      ['<2', '2.0.dev1'.replace('2.0', '1.9')],
    ] as const;
    const no = [['>=1.0,<2', '2.0'], ['==1.2.*', '1.3'], ['~=1.4.2', '1.5'], ['~=1.4', '2.0'], ['<2', '2.0rc1'], ['>1.0', '1.0.post1'], ['!=1.2.*', '1.2.1'],
      ['==1.0+a', '1.0']] as const;
    for (const [specifier, version] of yes) expect(`${specifier} ${version} ${contains(specifier, version)}`).toEndWith('true');
    for (const [specifier, version] of no) expect(`${specifier} ${version} ${contains(specifier, version)}`).toEndWith('false');
    for (const specifier of ['===1.0', '~=1', '=>1', '1.0', '>=x']) expect(contains(specifier, '1.0')).toBeUndefined();
  });
});

describe('requirements (PEP 508)', () => {
  test('are read; addresses are none', () => {
    expect(readRequirement('Foo_Bar[Baz, x] (>=1,<2) ; python_version < "4"')).toMatchObject({ name: 'foo-bar', extras: ['baz', 'x'],
      marker: 'python_version < "4"' });
    expect(readRequirement('a>=1')?.clauses).toHaveLength(1);
    for (const text of ['a @ https://evil.example/a.whl', 'a @ git+https://x', './a', '-r x', 'https://x/a.whl',
      'a>=']) expect(readRequirement(text)).toBeUndefined();
  });

  test('markers hold for the interpreter that runs', () => {
    expect(holds('python_version >= "3.8" and sys_platform != "win32"')).toBe(true);
    expect(holds('python_version < "3.10" or (os_name == "nt" and extra == "x")')).toBe(false);
    expect(holds('extra == "x"', 'x')).toBe(true);
    expect(holds('"3.9" <= python_version')).toBe(true);
    expect(holds('python_full_version < "3.11.8"')).toBe(true);
    expect(holds('"linux" in sys_platform and platform_machine not in "arm64 aarch64"')).toBe(true);
    expect(holds("platform_python_implementation != 'PyPy'")).toBe(true);
    for (const marker of ['python_version', 'a == b', '(extra == "x"', '__import__("os")', 'extra == "x" extra',
      '('.repeat(100)]) expect(holds(marker)).toBeUndefined();
  });
});

test('of wheels the one that fits best is taken, and none that does not', () => {
  const best = ['cp311-cp311-manylinux_2_28_x86_64', 'cp39-abi3-manylinux2014_x86_64', 'cp38-abi3-manylinux_2_17_x86_64', 'py3-none-manylinux1_x86_64',
    'py3-none-any'];
  expect([...best].toReversed().toSorted((a, b) => rank(a) - rank(b))).toEqual(best);
  const others = ['cp312-cp312-manylinux_2_17_x86_64', 'cp311-cp311-manylinux_2_38_x86_64', 'cp311-cp311-musllinux_1_1_x86_64', 'cp311-cp311-macosx_11_0_arm64',
    'cp311-cp311-manylinux_2_17_aarch64', 'cp312-abi3-manylinux2014_x86_64', 'py2-none-any', 'cp311-cp311t-manylinux2014_x86_64'];
  for (const tags of others) expect(`${tags} ${rank(tags)}`).toEndWith('Infinity');
  expect(rank('py2.py3-none-any')).toBe(rank('py3-none-any'));
  for (const file of ['a-1.0.tar.gz', 'a-1.0-py3-none.whl', 'a.whl', '../a-1.0-py3-none-any.whl/x']) expect(readWheelName(file, HERE)).toBeUndefined();
});
