import { describe, expect, test } from 'bun:test';
import Ajv from 'ajv';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { GATE_ROLES, type GateRole } from '../../src/domain/role.ts';
import { ensureHome } from '../../src/link/place.ts';
import { callersOf } from '../../src/link/verbs.ts';
import { parseManifest } from '../../src/registry/manifest.ts';
import { compileKubernetes } from '../../src/registry/segments/kubernetes.ts';
import { planSegments } from '../../src/registry/segments/plan.ts';
import { verifies } from '../e2e/requirements.ts';
import { MANIFESTS, NETWORK_POLICY } from './kubernetes-schema.ts';

const DEPLOY = join(import.meta.dir, '..', '..', 'deploy');
const HOME = '/var/lib/sallyport';
const ajv = new Ajv({ strict: true, strictRequired: false, allErrors: true });

function read(...path: readonly string[]): string {
  return readFileSync(join(DEPLOY, ...path), 'utf8');
}

const KIND = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
const documents = readdirSync(join(DEPLOY, 'kubernetes')).flatMap((file) => parseAllDocuments(read('kubernetes', file)).map((document) => {
  expect([file, document.errors]).toEqual([file, []]);
  return { file, value: KIND.parse(document.toJS()) };
}));

const SELECTED = z.object({ podSelector: z.object({ matchLabels: z.object({ 'app.kubernetes.io/component': z.enum(GATE_ROLES) }) }) });
const POLICY = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    ingress: z.array(z.looseObject({ from: z.array(z.unknown()), ports: z.array(z.object({ port: z.number() })) })).default([]),
    egress: z.array(z.looseObject({ to: z.array(z.unknown()), ports: z.array(z.object({ port: z.number() })).default([]) })).default([]),
  }),
});
const SET = z.looseObject({ spec: z.looseObject({ template: z.looseObject({ spec: z.looseObject({
  hostUsers: z.boolean().optional(), initContainers: z.array(z.looseObject({ image: z.string(), securityContext: z.looseObject({}) })).default([]),
  securityContext: z.looseObject({ runAsUser: z.number(), seccompProfile: z.object({ type: z.string() }) }),
  containers: z.array(z.looseObject({
    name: z.string(), image: z.string(), args: z.array(z.string()), securityContext: z.looseObject({}),
    volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().default(false), subPath: z.string().optional() })),
  })),
}) }) }) });

/** Control cannot start before the ledger records, nor the ledger join before control runs: they share a pod, and meet by sockets. */
const PODS = ['control', 'gateway', 'egress', 'runner'] as const;
type Pod = (typeof PODS)[number];

function podOf(role: GateRole): Pod {
  return role === 'ledger' ? 'control' : role;
}

function portOf(role: GateRole): number {
  return role === 'ledger' ? 7451 : 7450;
}

/** The pods that rules let through to a port of the link. */
function podsAt<T extends Rule>(port: number, rules: readonly T[], peersOf: (rule: T) => readonly unknown[]): readonly string[] {
  return rules.filter(({ ports }) => ports.some((one) => one.port === port)).flatMap((rule) => peersOf(rule).flatMap((peer) => {
    const found = SELECTED.safeParse(peer);
    return found.success ? [found.data.podSelector.matchLabels['app.kubernetes.io/component']] : [];
  })).toSorted();
}

interface Rule {
  readonly ports: readonly { readonly port: number }[];
}

function callsOf(role: GateRole): readonly GateRole[] {
  return GATE_ROLES.filter((listener) => callersOf(listener).includes(role));
}

function setOf(pod: Pod): z.infer<typeof SET>['spec']['template']['spec'] {
  return SET.parse(documents.find(({ value }) => value.kind === 'StatefulSet' && value.metadata.name === pod)?.value).spec.template.spec;
}

describe('Kubernetes', () => {
  test.each(documents.map(({ file, value }) => [file, value.kind, value] as const))('%s: %s has the API\'s form', (_file, kind, value) => {
    const validate = ajv.compile(MANIFESTS[kind] ?? false);
    expect([validate(value), validate.errors]).toEqual([true, null]);
  });

  test(verifies('deploy-links', 'policies between roles let through what the table of the link\'s verbs has, and nothing else'), () => {
    const policies = documents.filter(({ value }) => value.kind === 'NetworkPolicy').map(({ value }) => POLICY.parse(value));
    expect(policies.map(({ metadata }) => metadata.name).toSorted()).toEqual(['nobody', ...PODS].toSorted());
    const specOf = (pod: Pod): z.infer<typeof POLICY>['spec'] | undefined => policies.find(({ metadata }) => metadata.name === pod)?.spec;
    for (const role of GATE_ROLES) {
      // Everybody asks control to join and to renew; nobody else is asked by more than the table has.
      const callers = role === 'control' ? GATE_ROLES : callersOf(role);
      const pods = [...new Set(callers.map(podOf))].filter((pod) => pod !== podOf(role) || callersOf(role).includes(pod) && pod !== 'control').toSorted();
      expect([role, podsAt(portOf(role), specOf(podOf(role))?.ingress ?? [], ({ from }) => from)]).toEqual([role, pods]);
    }
    for (const pod of PODS) {
      const called = GATE_ROLES.filter((role) => podOf(role) === pod).flatMap((role) => [...callsOf(role), 'control' as const]);
      for (const port of [7450, 7451]) {
        const wanted = [...new Set(called.filter((role) => portOf(role) === port && (podOf(role) !== pod || role === 'gateway')).map(podOf))].toSorted();
        expect([pod, port, podsAt(port, specOf(pod)?.egress ?? [], ({ to }) => to)]).toEqual([pod, port, wanted]);
      }
    }
  });

  test.each([...PODS])('%s: nobody\'s root, nothing writable but its state, no privilege, images by digest', (pod) => {
    const { containers, initContainers, securityContext, hostUsers } = setOf(pod);
    // Otherwise each mount would open every key to the group, and the role refuse to start with it.
    expect(securityContext).toMatchObject({ fsGroupChangePolicy: 'OnRootMismatch' });
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: pod === 'runner' ? 'Unconfined' : 'RuntimeDefault' } });
    expect(hostUsers).toBe(pod === 'runner' ? false : undefined);
    expect(containers.map(({ name }) => name)).toEqual(pod === 'control' ? ['ledger', 'control'] : [pod]);
    for (const { image, securityContext: own } of [...containers, ...initContainers]) {
      expect(own).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
      expect(image).toMatch(/@sha256:[0-9a-f]{64}$/);
    }
  });

  test.each([...GATE_ROLES])('%s: is told where those are that it calls, and sees what it is to see', (role) => {
    const { args, volumeMounts } = setOf(podOf(role)).containers.find(({ name }) => name === role) ?? { args: [], volumeMounts: [] };
    expect(args.slice(0, 2)).toEqual(['role', role]);
    const peers = args.flatMap((arg) => /^--peer=([a-z]+)/.exec(arg)?.slice(1) ?? []).toSorted();
    // Control's own address comes with the certificate; who is in the same pod is met by sockets.
    const others: readonly string[] = callsOf(role).filter((called) => podOf(called) !== podOf(role) && called !== 'control');
    expect([role, peers]).toEqual([role, others.toSorted()]);
    if (podOf(role) !== 'control') return;
    const home = '/var/lib/sallyport/home';
    const ofState = volumeMounts.filter(({ name }) => name === 'state');
    const seen = ofState.map(({ mountPath, readOnly }) => `${mountPath.slice(home.length + 1)}${readOnly ? ' ro' : ''}`);
    const sockets = callsOf(role).filter((called) => called !== role && podOf(called) === 'control').map((called) => `run/${called}/${role} ro`);
    const more = role === 'control' ? ['ca', 'packages'] : [];
    expect(seen.toSorted()).toEqual([role, 'keys ro', `keys/${role}`, `run/${role}`, ...sockets, ...more].toSorted());
    for (const { mountPath, subPath } of ofState) expect(`/var/lib/sallyport/${subPath ?? ''}`).toBe(mountPath);
  });

  test('every pod has a user of its own, every image one that is not root, and no image a base that nobody pinned', () => {
    const users = PODS.map((pod) => setOf(pod).securityContext.runAsUser);
    expect(new Set(users).size).toBe(PODS.length);
    const stages = read('images', 'Containerfile').split(/^FROM /m).slice(1);
    for (const role of GATE_ROLES) {
      const stage = stages.find((text) => text.split('\n')[0]?.endsWith(` AS ${role}`)) ?? '';
      expect([role, Number(/^USER (\d+):\1$/m.exec(stage)?.[1])]).toEqual([role, 10_001 + ['control', 'ledger', 'gateway', 'egress', 'runner'].indexOf(role)]);
    }
    expect(stages.map((text) => text.split(/\s/)[0]).filter((base) => !['scratch', 'program', '${RUNNER_BASE}'].includes(base ?? ''))).toEqual([]);
  });

  test('the manifest in the example is one', () => {
    const { data } = z.looseObject({ data: z.record(z.string(), z.string()) }).parse(documents.find(({ value }) => value.kind === 'ConfigMap')?.value);
    expect(parseManifest(data['sallyport.yaml'] ?? '', 'sallyport.yaml').gateway?.segment?.pods?.namespace).toBe('sallyport');
    expect(parse(data['sallyport.yaml'] ?? '')).toMatchObject({ apiVersion: 'sallyport/v1' });
  });

  test('exported policies of segments have the API\'s form, too', () => {
    const pods = { namespace: 'crm', labels: { app: 'crm' } };
    const plan = planSegments('default', { addresses: ['10.0.0.5', 'fd00::5'], pods }, [{
      id: 'crm', hosting: 'self', endpoint: { transport: 'http', url: 'https://crm.corp.example/mcp', allowPrivate: false },
      segment: { pods, egress: [{ addresses: ['10.0.0.0/8'], port: 53, protocol: 'udp' }] },
    }]);
    const validate = ajv.compile(NETWORK_POLICY);
    for (const policy of compileKubernetes(plan)) expect([validate(policy), validate.errors]).toEqual([true, null]);
    expect(compileKubernetes(plan)).toHaveLength(1);
  });
});

const COMPOSE = z.strictObject({
  'x-role': z.unknown(),
  services: z.record(z.enum(GATE_ROLES), z.strictObject({
    user: z.literal('10001:10001'), read_only: z.literal(true), cap_drop: z.tuple([z.literal('ALL')]), restart: z.literal('on-failure'), init: z.literal(false),
    security_opt: z.array(z.string()), tmpfs: z.array(z.string()), ulimits: z.object({ core: z.literal(0) }), pids_limit: z.number(), mem_limit: z.string(),
    image: z.string(), command: z.array(z.string()), volumes: z.array(z.string()), ports: z.array(z.string()).optional(),
    network_mode: z.literal('none').optional(),
  })),
});

describe('compose', () => {
  const { services } = COMPOSE.parse(parse(read('compose.yaml'), { merge: true }));

  test.each([...GATE_ROLES])('%s: sees its own folders and the sockets of those it calls, and nobody\'s privilege', (role) => {
    const { volumes, image, command, security_opt: options, network_mode: network, ports = [] } = services[role];
    const shown = (volume: string): string => volume.replace(/^\$\{SALLYPORT_HOME(?::\?)?\}/, HOME);
    const own = [`${HOME}/${role}`, `${HOME}/keys/${role}`, `${HOME}/run/${role}`, ...(role === 'control' ? [`${HOME}/ca`, `${HOME}/packages`] : [])];
    const seen = [
      `${HOME}/keys`, ...callsOf(role).filter((called) => called !== role).map((called) => `${HOME}/run/${called}/${role}`),
      ...(role === 'runner' ? [`${HOME}/packages`] : []),
    ];
    const wanted = [...own.map((path) => `${path}:${path}`), ...seen.map((path) => `${path}:${path}:ro`)];
    expect(volumes.map(shown).filter((volume) => !volume.includes('MANIFEST')).toSorted()).toEqual(wanted.toSorted());
    expect([image.split(':')[0], command.slice(0, 2)]).toEqual([`sallyport-${role}`, ['role', role]]);
    expect(options).toContain('no-new-privileges:true');
    expect(network).toBe(role === 'ledger' || role === 'runner' ? 'none' : undefined);
    for (const port of ports) expect(port).toStartWith('127.0.0.1:');
  });
});

function values(unit: string, key: string): readonly string[] {
  return unit.split('\n').filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1)).toSorted();
}

describe('systemd', () => {
  const LEVELS: Readonly<Record<GateRole, number>> = { control: 15, gateway: 15, egress: 15, ledger: 10, runner: 35 };

  test('units are what systemd reads', () => {
    const root = mkdtempSync('/tmp/sp-units-');
    try {
      mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
      mkdirSync(join(root, 'opt/sallyport/bin'), { recursive: true });
      writeFileSync(join(root, 'opt/sallyport/bin/sallyport'), '#!/bin/sh\n');
      chmodSync(join(root, 'opt/sallyport/bin/sallyport'), 0o755);
      cpSync('/usr/lib/systemd/system', join(root, 'usr/lib/systemd/system'), { recursive: true, dereference: false });
      for (const file of readdirSync(join(DEPLOY, 'systemd'))) cpSync(join(DEPLOY, 'systemd', file), join(root, 'etc/systemd/system', file));
      const { exitCode, stderr } = Bun.spawnSync(['systemd-analyze', 'verify', `--root=${root}`, 'sallyport.target']);
      expect([exitCode, stderr.toString()]).toEqual([0, '']);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  test.each([...GATE_ROLES])('%s: as exposed as systemd finds a service of its kind, and no more', (role) => {
    const file = join(DEPLOY, 'systemd', `sallyport-${role}.service`);
    const { exitCode, stdout } = Bun.spawnSync(['systemd-analyze', 'security', '--no-pager', '--offline=yes', `--threshold=${LEVELS[role]}`, file]);
    expect([exitCode, stdout.toString().split('\n').at(-2)]).toMatchObject([0, expect.stringContaining('Overall exposure')]);
  });

  test.each([...GATE_ROLES])('%s: sees its own folder, the keys, and the sockets of those it calls', (role) => {
    const unit = read('systemd', `sallyport-${role}.service`);
    const shared = role === 'control' ? [`${HOME}/ca`, `${HOME}/packages`] : [];
    expect(values(unit, 'TemporaryFileSystem')).toEqual([`${HOME}:ro`]);
    expect(values(unit, 'BindPaths')).toEqual([`${HOME}/${role}`, `${HOME}/keys/${role}`, `${HOME}/run/${role}`, ...shared].toSorted());
    const sockets = callsOf(role).filter((called) => called !== role).map((called) => `${HOME}/run/${called}/${role}`);
    const more = role === 'control' ? ['-/etc/sallyport'] : role === 'runner' ? [`${HOME}/packages`] : [];
    expect(values(unit, 'BindReadOnlyPaths')).toEqual([`${HOME}/keys`, ...sockets, ...more].toSorted());
    expect(values(unit, 'PrivateNetwork')).toEqual(role === 'runner' || role === 'ledger' ? ['yes'] : []);
    expect(unit).toContain(` role ${role}`);
  });

  test('the folders that units show are made before, as the program would make them', () => {
    const home = mkdtempSync('/tmp/sp-home-');
    try {
      ensureHome(home);
      const inside = readdirSync(home, { recursive: true, withFileTypes: true }).filter((one) => one.isDirectory());
      const wanted = [home, ...inside.map((one) => join(one.parentPath, one.name))].map((path) => {
        const mode = (statSync(path).mode & 0o777).toString(8);
        return `d ${join(HOME, relative(home, path)).replace(/\/$/, '')} 0${mode} sallyport sallyport -`;
      });
      const lines = read('systemd', 'tmpfiles.conf').split('\n');
      expect(wanted.filter((line) => !lines.includes(line))).toEqual([]);
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});
