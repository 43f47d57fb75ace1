import { SallyportError } from '../domain/errors.ts';
import type { LaunchSpec } from '../domain/server.ts';

const ENGINES = ['podman', 'docker', 'nerdctl'] as const;

/**
 * The command that runs an image by its digest, with the engine's options made from the sandbox alone: no network, nothing of the
 * machine but the folders it names, no capability, no new privilege, a read-only root. Values of variables stay in the engine's
 * environment, never in arguments. Throws `ERR_PACKAGE_RUNTIME` where there is no engine, `ERR_PACKAGE_UNSUPPORTED` for what no engine can hold it to.
 */
export function containerCommand(spec: LaunchSpec, find: (command: string) => string | undefined): readonly string[] {
  const { package: pin, sandbox, env, args } = spec;
  const wanted = ENGINES.find((name) => spec.command.split('/').at(-1) === name);
  const engine = [...(wanted === undefined ? [] : [wanted]), ...ENGINES].map(find).find((path) => path !== undefined);
  if (engine === undefined || pin === undefined) {
    throw fault('ERR_PACKAGE_RUNTIME', 'The server is a container image, and this machine has no engine that the runner may use.',
      'Install podman for the user of the runner, or take the same server as a package of npm or PyPI.');
  }
  if (sandbox.network.length > 0 || Object.keys(sandbox.secretFiles).length > 0) {
    throw fault('ERR_PACKAGE_UNSUPPORTED', 'A container is given no network and no files with secrets.',
      'Take the same server as a package of npm or PyPI, or give it its secrets by env.');
  }
  const { memoryBytesMax, processesMax, filesMax, tmpBytesMax, cpuShare, reads, writes } = sandbox;
  return [
    engine, 'run', '--interactive', '--rm', '--pull=never', '--network=none', '--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges',
    `--memory=${memoryBytesMax}`, `--memory-swap=${memoryBytesMax}`, `--pids-limit=${processesMax}`, `--ulimit=nofile=${filesMax}:${filesMax}`,
    `--tmpfs=/tmp:rw,nosuid,nodev,size=${tmpBytesMax}`, ...(cpuShare === undefined ? [] : [`--cpus=${cpuShare}`]),
    ...reads.map((path) => `--mount=type=bind,source=${checked(path)},target=${path},readonly`),
    ...writes.map((path) => `--mount=type=bind,source=${checked(path)},target=${path}`),
    ...Object.keys(env).map((name) => `--env=${name}`), `${pin.name}@sha256:${pin.digest}`, ...args,
  ];
}

/** The engine's own list of options has no way to quote a comma. */
function checked(path: string): string {
  if (!/[,"\n]/.test(path)) return path;
  throw fault('ERR_PACKAGE_UNSUPPORTED', 'A folder of the container has a name that its engine would read otherwise.', 'Rename the folder.');
}

function fault(code: 'ERR_PACKAGE_RUNTIME' | 'ERR_PACKAGE_UNSUPPORTED', message: string, remedy: string): SallyportError {
  return new SallyportError(code, message, { remedy, dispatched: false });
}
