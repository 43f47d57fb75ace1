import { SallyportError } from '../../domain/errors.ts';
import { isAbsolute, normalize } from 'node:path';
import type { LaunchSpec } from '../../domain/server.ts';
import { isPinned } from '../../registry/packages.ts';
import type { PackageCommand } from '../../registry/packages.ts';

/** What may stand in a declared command; everything else of how the container runs follows from its sandbox. */
const VARIABLE = /^[A-Za-z_]\w*$/;

/**
 * A container by its digest (`docker run … image@sha256:…`). Of the command only the image, its arguments and the names of variables are
 * taken: the runner makes the engine's options itself, from the sandbox. Throws `ERR_LAUNCH_UNPINNED`, `ERR_LAUNCH_FORBIDDEN`.
 */
export function containerLaunch(launch: LaunchSpec, read: PackageCommand): LaunchSpec {
  const [image] = read.specs;
  if (image === undefined || !isPinned(read, image.text)) {
    throw new SallyportError('ERR_LAUNCH_UNPINNED', 'an image must be named by its digest', { remedy: `write it as: ${read.example}` });
  }
  checkOptions(read.options, launch);
  const at = image.text.indexOf('@sha256:');
  const declared = [launch.command, ...launch.args];
  const [name, version, digest] = [image.text.slice(0, at), image.text.slice(at + 1), image.text.slice(at + '@sha256:'.length)];
  const pin = { ecosystem: 'oci' as const, name, version, digest, declared };
  return { ...launch, args: read.args, package: pin };
}

/** Flags that ask for less than nothing, or for what the sandbox gives anyway. */
const IDLE: ReadonlySet<string> = new Set(['-i', '--interactive', '--rm', '--init', '--read-only']);

function checkOptions(options: readonly string[], { env, sandbox }: LaunchSpec): void {
  for (let at = 0; at < options.length; at += 1) {
    const word = options[at] ?? '';
    if (IDLE.has(word)) continue;
    const [option = '', inline] = word.startsWith('--') ? word.split(/=(.*)/s) : [word];
    const value = inline ?? options[at + 1] ?? '';
    if (inline === undefined) at += 1;
    if ((option === '-e' || option === '--env') && VARIABLE.test(value) && Object.hasOwn(env, value)) continue;
    if (option === '--network' && value === 'none') continue;
    if ((option === '-v' || option === '--volume') && isDeclared(value, sandbox)) continue;
    throw new SallyportError('ERR_LAUNCH_FORBIDDEN', `a container is not given ${JSON.stringify(word)}`, {
      remedy: 'Say under env, and under sandbox (reads, writes, network, memory), what it gets; everything else is taken away from it.',
    });
  }
}

/** `/data:/data:ro` of a folder that its sandbox names, at the same place. */
function isDeclared(volume: string, { reads, writes }: LaunchSpec['sandbox']): boolean {
  const [from = '', to = '', mode = 'rw'] = volume.split(':');
  return from === to && isAbsolute(from) && normalize(from) === from && (mode === 'ro' ? [...reads, ...writes] : writes).includes(from);
}
