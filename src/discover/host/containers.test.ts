import { afterAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isUnseen } from '../../domain/observation.ts';
import type { Observation } from '../../domain/observation.ts';
import { observeContainers } from './containers.ts';
import type { HostLook } from './processes.ts';

const root = mkdtempSync(join(tmpdir(), 'sp-containers-'));
afterAll(() => rmSync(root, { recursive: true }));

const look: HostLook = {
  machine: 'm', now: 1, gates: [], userName: () => undefined, advisoriesFor: () => [],
  unwrap: (command) => ({ runs: { kind: 'program', program: command[0] ?? '' }, wrappers: [] }),
};

function put(path: string, value: unknown): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
}

const id = (digit: string): string => digit.repeat(64);

function seen(): readonly Observation[] {
  return [...observeContainers({ root, homes: [join(root, 'home/alice')] }, look)].flatMap((each) => (isUnseen(each) ? [] : [each]));
}

describe('containers by what their engines keep', () => {
  test('of Docker: image, label, and where it is published', () => {
    put(`var/lib/docker/containers/${id('a')}/config.v2.json`, {
      Name: '/crm', Path: 'node', Args: ['dist/index.js'], State: { Running: true },
      Config: { Image: 'ghcr.io/acme/crm-mcp-server:1.4', Labels: {}, Env: ['TOKEN=hunter2hunter2'] },
    });
    put(`var/lib/docker/containers/${id('a')}/hostconfig.json`, { PortBindings: { '8000/tcp': [{ HostIp: '', HostPort: '8000' }] } });
    put(`var/lib/docker/containers/${id('b')}/config.v2.json`, {
      Name: '/odd', Path: '/app', Args: [], State: { Running: false },
      Config: { Image: 'acme/odd@sha256:12', Labels: { 'io.modelcontextprotocol.server.name': 'io.acme/odd' } },
    });
    put(`var/lib/docker/containers/${id('c')}/config.v2.json`, { Name: '/db', Path: 'postgres', Args: [], Config: { Image: 'postgres:17' } });
    put(`var/lib/docker/containers/${id('d')}/config.v2.json`, '{ broken');
    const [crm, odd, ...others] = seen();
    expect(others).toEqual([]);
    expect(crm).toMatchObject({
      sensor: 'container', name: 'crm', confidence: 75, risks: ['wide-bind', 'unpinned'],
      runs: { ecosystem: 'oci', name: 'ghcr.io/acme/crm-mcp-server', version: '1.4' },
      keys: [`container:m!${id('a')}`, 'package:oci/ghcr.io/acme/crm-mcp-server', 'listener:m!127.0.0.1:8000'],
    });
    expect(odd).toMatchObject({ name: 'io.acme/odd', confidence: 95, risks: [], facts: { running: false } });
    expect(JSON.stringify(crm)).not.toContain('hunter2');
    rmSync(join(root, 'var/lib/docker'), { recursive: true });
  });

  test('of Podman without root, and of containerd', () => {
    const storage = 'home/alice/.local/share/containers/storage/overlay-containers';
    const metadata = JSON.stringify({ 'image-name': 'docker.io/mcp/time:latest', name: 'time' });
    put(`${storage}/containers.json`, [{ id: id('e'), names: ['time'], metadata }, { id: '../../etc' }]);
    put(`${storage}/${id('e')}/userdata/config.json`, { process: { args: ['/time'] }, annotations: {} });
    put('run/containerd/io.containerd.runtime.v2.task/k8s.io/f1/config.json', {
      process: { args: ['/server'] }, annotations: { 'io.kubernetes.cri.image-name': 'mcp/fetch', 'io.kubernetes.cri.container-name': 'fetch' },
    });
    expect(seen().map(({ name, confidence, place }) => [name, confidence, place])).toEqual([
      ['time', 90, 'podman eeeeeeeeeeee'], ['fetch', 90, 'containerd f1'],
    ]);
  });

  test('and what cannot be read is said, or is none', () => {
    mkdirSync(join(root, 'var/lib/docker'), { recursive: true });
    symlinkSync('containers', join(root, 'var/lib/docker/containers'));
    put('home/alice/.local/share/containers/storage/overlay-containers/containers.json', '{ broken');
    const unseen = [...observeContainers({ root, homes: [join(root, 'home/alice')] }, look)].filter(isUnseen);
    expect(unseen).toMatchObject([{ place: join(root, 'home/alice/.local/share/containers/storage/overlay-containers') }]);
  });
});
