import { normalise } from './requirement.ts';

/** The interpreter and machine that wheels must fit. */
export interface Interpreter {
  /** `3.11.2`. */
  readonly version: string;
  readonly implementation: 'cpython';
  readonly os: 'linux';
  /** As `uname -m`: `x86_64`, `aarch64`. */
  readonly machine: string;
  /** The C library's version; absent: not glibc, and only wheels without machine code fit. */
  readonly glibc?: readonly [number, number];
}

const FORM = /^([^-\s]+)-([^-\s]+)(?:-(\d[^-\s]*))?-([\w.]+)-([\w.]+)-([\w.]+)\.whl$/;
const OLD_MANYLINUX: Readonly<Record<string, number>> = { manylinux1: 5, manylinux2010: 12, manylinux2014: 17 };

export interface WheelName {
  /** Normalised. */
  readonly name: string;
  readonly version: string;
  /** Lower is better; undefined: it does not fit. */
  readonly rank: number | undefined;
}

/** Reads a wheel's file name (PEP 427) and judges its tags (PEP 425, 600); undefined: no wheel. */
export function readWheelName(file: string, interpreter: Interpreter): WheelName | undefined {
  const match = FORM.exec(file);
  if (match === null) return undefined;
  const [, name = '', version = '', , pythons = '', abis = '', platforms = ''] = match;
  const ranks = pythons.split('.').flatMap((python) => abis.split('.').flatMap((abi) => platforms.split('.').flatMap((platform) => {
    const rank = rankOf(python, abi, platform, interpreter);
    return rank === undefined ? [] : [rank];
  })));
  return { name: normalise(name), version, rank: ranks.length === 0 ? undefined : Math.min(...ranks) };
}

function rankOf(python: string, abi: string, platform: string, { version, machine, glibc }: Interpreter): number | undefined {
  const [major = 3, minor = 0] = version.split('.').map(Number);
  const isHere = platform === 'any' || (glibc !== undefined && fitsLinux(platform, machine, glibc));
  if (!isHere) return undefined;
  const far = platform === 'any' ? 1 : 0;
  const own = `cp${major}${minor}`;
  if (python === own && abi === own) return far;
  const [, family = '', digits = ''] = /^(cp|py)3(\d*)$/.exec(python) ?? [];
  const least = digits === '' ? 0 : Number(digits);
  if (major !== 3 || least > minor) return undefined;
  if (family === 'cp' && abi === 'abi3') return 100 + (minor - least) * 2 + far;
  if (python === own && abi === 'none') return 300 + far;
  return family === 'py' && abi === 'none' ? 1000 + (minor - least) * 2 + far : undefined;
}

function fitsLinux(platform: string, machine: string, [major, minor]: readonly [number, number]): boolean {
  const [, glibcMajor, glibcMinor, arch] = /^manylinux_(\d+)_(\d+)_(\w+)$/.exec(platform) ?? [];
  if (arch === machine) return Number(glibcMajor) === major && Number(glibcMinor) <= minor;
  const [, old = '', oldArch] = /^(manylinux(?:1|2010|2014)|linux)_(\w+)$/.exec(platform) ?? [];
  return oldArch === machine && major === 2 && (OLD_MANYLINUX[old] ?? 0) <= minor;
}

/** What markers see of it. */
export function markersOf({ version, machine }: Interpreter, extra: string): Readonly<Record<string, string>> {
  return {
    os_name: 'posix', sys_platform: 'linux', platform_system: 'Linux', platform_machine: machine, platform_python_implementation: 'CPython',
    implementation_name: 'cpython', implementation_version: version, python_version: version.split('.').slice(0, 2).join('.'), python_full_version: version,
    platform_release: '', platform_version: '', extra,
  };
}
