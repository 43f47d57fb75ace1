import { packageFault } from '../fault.ts';
import type { Member } from '../archive/member.ts';
import type { Wheel } from './project.ts';
import { normalise, readRequirement } from './requirement.ts';
import type { Requirement } from './requirement.ts';
import { compareVersions, readVersion } from './version.ts';

/** What a wheel says of itself (PEP 427, core metadata): its needs and its programs. */
export interface WheelContent {
  readonly requirements: readonly Requirement[];
  /** Command → `module:function`. */
  readonly programs: Readonly<Record<string, string>>;
  /** Its files, where they go below the folder of modules. */
  readonly files: readonly Member[];
  /** What of it is left out. */
  readonly dropped: number;
}

/** Throws `ERR_PACKAGE_INVALID` when it is another package than its name says, and for needs that are no packages of the index. */
export function readWheel(wheel: Wheel, members: readonly Member[]): WheelContent {
  const what = `pypi:${wheel.name}==${wheel.version.text}`;
  const info = members.filter(({ path }) => /^[^/]+\.dist-info\/METADATA$/.test(path));
  const [metadata] = info;
  if (metadata === undefined || info.length > 1) throw packageFault('ERR_PACKAGE_INVALID', what, 'its wheel has no metadata, or several');
  const headers = headersOf(metadata);
  const version = readVersion(valuesOf(headers, 'version')[0] ?? '');
  if (normalise(valuesOf(headers, 'name')[0] ?? '') !== wheel.name || version === undefined || compareVersions(version, wheel.version) !== 0) {
    throw packageFault('ERR_PACKAGE_INVALID', what, 'its wheel says that it is another package');
  }
  const requirements = valuesOf(headers, 'requires-dist').map((line) => {
    const requirement = readRequirement(line);
    if (requirement !== undefined) return requirement;
    throw packageFault('ERR_PACKAGE_UNSUPPORTED', what, 'it needs something that is no package of the index');
  });
  const placed = members.map((member) => ({ ...member, path: placeOf(member.path) }));
  const folder = metadata.path.slice(0, metadata.path.indexOf('/'));
  return {
    requirements, programs: programsOf(members.find(({ path }) => path === `${folder}/entry_points.txt`)),
    files: placed.filter((member): member is Member => member.path !== undefined), dropped: placed.filter(({ path }) => path === undefined).length,
  };
}

/** `x-1.0.data/purelib/…` is where modules go, too; scripts, headers and data of the system are left out. */
function placeOf(path: string): string | undefined {
  const [, scheme, rest] = /^[^/]+\.data\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (scheme === undefined) return path;
  return scheme === 'purelib' || scheme === 'platlib' ? rest : undefined;
}

type Headers = readonly (readonly [name: string, value: string])[];

function headersOf({ bytes }: Member): Headers {
  const [head = ''] = new TextDecoder().decode(bytes).split(/\r?\n\r?\n/, 1);
  return head.split(/\r?\n(?![ \t])/).map((line) => {
    const [name = '', value = ''] = line.split(/:(.*)/s);
    return [name.trim().toLowerCase(), value.trim()];
  });
}

function valuesOf(headers: Headers, name: string): readonly string[] {
  return headers.filter(([one]) => one === name).map(([, value]) => value);
}

function programsOf(file: Member | undefined): Readonly<Record<string, string>> {
  if (file === undefined) return {};
  const sections = new TextDecoder().decode(file.bytes).split(/^\s*\[/m);
  const scripts = sections.find((section) => section.startsWith('console_scripts]')) ?? '';
  return Object.fromEntries(scripts.split(/\r?\n/).flatMap((line) => {
    const match = /^\s*([\w.-]+)\s*=\s*([A-Za-z_][\w.]*:[A-Za-z_][\w.]*)\s*(?:\[[^\]]*\])?\s*$/.exec(line);
    return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const];
  }));
}
