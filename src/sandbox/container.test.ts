import { describe, expect, test } from 'bun:test';
import { SallyportError } from '../domain/errors.ts';
import type { LaunchSpec, SandboxSpec } from '../domain/server.ts';
import { containerCommand } from './container.ts';

const DIGEST = 'b'.repeat(64);
const SANDBOX: SandboxSpec = { reads: ['/srv/docs'], writes: ['/srv/out'], network: [], memoryBytesMax: 1024, processesMax: 8, filesMax: 64,
  tmpBytesMax: 2048, secretFiles: {} };

function spec(sandbox: Partial<SandboxSpec> = {}): LaunchSpec {
  return {
    command: 'docker', args: ['--x'], env: { KEY: 's3cret' }, shared: false, sandbox: { ...SANDBOX, ...sandbox },
    package: { ecosystem: 'oci', name: 'registry.example/server', version: `sha256:${DIGEST}`, digest: DIGEST, declared: ['docker', 'run', 'x'] },
  };
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof SallyportError ? error.code : String(error);
  }
  return 'started';
}

function podman(): string {
  return '/usr/bin/podman';
}

describe('a container', () => {
  test('is given what its sandbox says, and everything else is taken away', () => {
    const argv = containerCommand(spec(), (name) => (name === 'docker' ? '/usr/bin/docker' : undefined));
    expect(argv).toEqual([
      '/usr/bin/docker', 'run', '--interactive', '--rm', '--pull=never', '--network=none', '--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges',
      '--memory=1024', '--memory-swap=1024', '--pids-limit=8', '--ulimit=nofile=64:64', '--tmpfs=/tmp:rw,nosuid,nodev,size=2048',
      '--mount=type=bind,source=/srv/docs,target=/srv/docs,readonly', '--mount=type=bind,source=/srv/out,target=/srv/out', '--env=KEY',
      `registry.example/server@sha256:${DIGEST}`, '--x',
    ]);
    expect(argv.join(' ')).not.toContain('s3cret');
  });

  test('runs by the engine that there is', () => {
    expect(containerCommand(spec(), (name) => (name === 'podman' ? '/usr/bin/podman' : undefined))[0]).toBe('/usr/bin/podman');
    expect(codeOf(() => containerCommand(spec(), () => undefined))).toBe('ERR_PACKAGE_RUNTIME');
  });

  test('is not started where its engine could not hold it to its sandbox', () => {
    expect(codeOf(() => containerCommand(spec({ network: ['api.example.com:443'] }), podman))).toBe('ERR_PACKAGE_UNSUPPORTED');
    expect(codeOf(() => containerCommand(spec({ secretFiles: { KEY_FILE: 'x' } }), podman))).toBe('ERR_PACKAGE_UNSUPPORTED');
    expect(codeOf(() => containerCommand(spec({ writes: ['/srv/a,readonly=false'] }), podman))).toBe('ERR_PACKAGE_UNSUPPORTED');
  });
});
