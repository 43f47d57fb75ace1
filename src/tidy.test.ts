import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { CONSOLE_RULES } from '../test/tidy/console-rules.ts';
import { RULES } from '../test/tidy/rules.ts';
import { codeOf, importsOf, production, readProject } from '../test/tidy/source.ts';
import type { Project } from '../test/tidy/source.ts';
import { ERROR_CODES } from './domain/errors.ts';

const root = join(import.meta.dir, '..');
const project = readProject(root);

describe('the house', () => {
  for (const rule of [...RULES, ...CONSOLE_RULES]) {
    test(rule.name, () => expect(rule.find(project)).toEqual([]));
    test(`${rule.name}: a planted violation is found`, () => expect(rule.find(new Map(Object.entries(rule.planted)))).not.toEqual([]));
  }
});

/** Why each runtime dependency is worth its risk. A new one needs a line here, and a reviewer who agrees with it. */
const DEPENDENCIES: Readonly<Record<string, string>> = {
  '@cedar-policy/cedar-wasm': 'the policy language itself: parser, validator and oracle, in control only',
  '@modelcontextprotocol/client': 'the reference client\'s OAuth discovery and registration ladder, for the gate as a client of others\' servers',
  '@platformatic/kafka': 'the Kafka protocol in pure JS for the audit sink: batches, idempotence, SASL and TLS; nothing of it loads without such a sink',
  '@peculiar/x509': 'makes the local CA and role certificates; the runtime can only read them',
  '@simplewebauthn/server': 'passkeys: WebAuthn attestation and assertion checks, with their many formats',
  '@sigstore/bundle': 'the bundle form of attestations, read by its own authors\' code; pure JS without install scripts',
  '@sigstore/protobuf-specs': 'the form of the root of trust that attestations are verified against, as data of this repository',
  '@sigstore/verify': 'verifies who built a package (certificates, transparency log, signature) offline; crypto code nobody should write again',
  'age-encryption': 'the age file format for sealed secrets: any age tool can open them with the key',
  bun: 'the runtime: `npm ci` is enough on a machine that has only Node',
  canonicalize: 'RFC 8785, by its author: pins are only as good as the canonical form',
  'cli-table3': 'tables for people, with wrapping and wide characters',
  diff: 'readable differences of definitions (Myers), shown at approval',
  'ipaddr.js': 'IPv4, IPv6 and mapped forms in the SSRF guard; hand-written parsers are how it fails elsewhere',
  'jsonc-parser': 'edits clients\' configuration files without losing comments and formatting',
  jose: 'JWK, JWS and JWT forms where tokens are made and asked for; the hot path verifies with the runtime\'s own crypto',
  'libphonenumber-js': 'which digits are a telephone number of some country: Google\'s metadata, kept up to date by others',
  oauth4webapi: 'OAuth grants towards identity providers, by the rules of its own author\'s certified client',
  nodemailer: 'mail by SMTP with its TLS, encodings and header rules, without dependencies; loaded with the first mail only',
  'oidc-provider': 'the embedded authorization server: OpenID-certified; protocol code nobody should write again',
  re2js: 'regular expressions in linear time, for patterns that servers and administrators write',
  'reflect-metadata': 'required by @peculiar/x509 before it loads',
  unhomoglyph: 'the confusables of Unicode UTS #39 as data: which letters of other scripts look like ASCII',
  yaml: 'sallyport.yaml with line and column of each node',
  zod: 'checks what comes over control\'s API and link, with paths in the message',
};

const Versions = z.record(z.string(), z.string()).default({});
const Package = z.object({ dependencies: Versions, devDependencies: Versions, optionalDependencies: Versions });

function packageOf(files: Project, path: string): z.infer<typeof Package> {
  return Package.parse(JSON.parse(files.get(path) ?? '{}'));
}

function unpinned(files: Project): string[] {
  return ['package.json', 'bench/package.json'].flatMap((path) => {
    const { dependencies, devDependencies, optionalDependencies } = packageOf(files, path);
    const all = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    return all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)).map(([name]) => `${path}: ${name}`);
  });
}

function lockAddresses(files: Project): string[] {
  const locks = [...files].filter(([path]) => path.endsWith('package-lock.json'));
  return locks.filter(([, text]) => /"resolved":/.test(text) || !/"integrity":/.test(text)).map(([path]) => path);
}

const Lock = z.object({
  packages: z.record(z.string(), z.object({ integrity: z.string().optional(), dependencies: Versions, optionalDependencies: Versions })),
});

/** What a lock names but doesn't hold: `npm ci` refuses such a lock, on every machine. */
function lockGaps(files: Project): string[] {
  return ['package-lock.json', 'bench/package-lock.json'].flatMap((path) => {
    const { packages } = Lock.parse(JSON.parse(files.get(path) ?? '{"packages":{}}'));
    return Object.entries(packages).flatMap(([at, entry]) => {
      const wanted = Object.keys({ ...entry.dependencies, ...entry.optionalDependencies });
      const missing = wanted.filter((name) => !Object.keys(packages).some((other) => other.endsWith(`node_modules/${name}`)));
      return [...missing.map((name) => `${path}: ${name}`), ...(at === '' || entry.integrity !== undefined ? [] : [`${path}: ${at} has no digest`])];
    });
  });
}

function packageName(specifier: string): string {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function packagesUsed(files: Project): Set<string> {
  const imports = production(files).flatMap(([path, text]) => importsOf(path, text));
  const specifiers = imports.filter((item) => item.path === undefined).map((item) => item.specifier);
  return new Set(specifiers.filter((specifier) => !/^(node|bun):|^bun$/.test(specifier)).map(packageName));
}

describe('dependencies', () => {
  test('are the list above, each with its reason', () => {
    expect(Object.keys(packageOf(project, 'package.json').dependencies).toSorted()).toEqual(Object.keys(DEPENDENCIES).toSorted());
    for (const reason of Object.values(DEPENDENCIES)) expect(reason.length).toBeGreaterThan(20);
  });

  test('are exactly what production code imports', () => {
    expect([...packagesUsed(project)].toSorted()).toEqual(Object.keys(DEPENDENCIES).filter((name) => name !== 'bun').toSorted());
    expect([...packagesUsed(new Map([['src/mcp/a.ts', "import { a } from '@scope/left-pad/x.js';\n"]]))]).toEqual(['@scope/left-pad']);
  });

  test('are pinned exactly', () => {
    expect(unpinned(project)).toEqual([]);
    expect(unpinned(new Map([['package.json', '{"dependencies":{"a":"^1.0.0"}}']]))).toEqual(['package.json: a']);
  });

  test('lock files hold digests and no addresses', () => {
    expect(lockAddresses(project)).toEqual([]);
    expect(lockAddresses(new Map([['package-lock.json', '{"resolved":"https://x"}']]))).toEqual(['package-lock.json']);
  });

  test('lock files hold everything that they name, for every platform', () => {
    expect(lockGaps(project)).toEqual([]);
    expect(lockGaps(new Map([['package-lock.json', '{"packages":{"":{"optionalDependencies":{"a":"1.0.0"}}}}']]))).toEqual(['package-lock.json: a']);
  });
});

/** Runtime-specific calls stay in few named files, so that another runtime, or a flaw in this one, is a small change. */
const RUNTIME: readonly { readonly call: RegExp; readonly imports: readonly string[]; readonly files: readonly string[] }[] = [
  { call: /\bBun\.serve\b/, imports: ['bun#serve'], files: ['src/gateway/listen.ts', 'src/control/listen.ts', 'src/telemetry/listen.ts', 'src/roles/range/toys.ts'] },
  { call: /\bBun\.listen\b/, imports: ['bun#listen'], files: ['src/link/serve.ts', 'src/link/wire.ts'] },
  { call: /\bBun\.connect\b/, imports: ['bun#connect'], files: ['src/link/wire.ts', 'src/link/place.ts'] },
  {
    call: /\bBun\.(SQL|sql)\b/,
    imports: ['bun#SQL', 'bun#sql', 'bun:sqlite#Database', 'node:sqlite#DatabaseSync'],
    files: ['src/store/sqlite.ts', 'src/store/postgres.ts', 'src/audit/index/database.ts'],
  },
  {
    call: /\bBun\.spawn(Sync)?\b/,
    imports: ['bun#spawn', 'node:child_process#spawn', 'node:child_process#execFile', 'node:child_process#fork'],
    files: [
      'src/sandbox/launch.ts', 'src/sandbox/python.ts', 'src/sandbox/jail/probe.ts', 'src/roles/up-process.ts', 'src/vault/run.ts',
      'src/discover/host/ask-system.ts', 'src/cli/config/exec.ts', 'src/cli/worker.ts', 'src/roles/range/process.ts',
    ],
  },
  { call: /\bBun\.redis\b/, imports: ['bun#RedisClient', 'bun#redis'], files: ['src/store/redis.ts'] },
];

function runtimeCalls(files: Project): string[] {
  return production(files).flatMap(([path, text]) => {
    const values = importsOf(path, text).filter((item) => !item.typeOnly);
    const imported = values.flatMap((item) => item.names.map((name) => `${item.specifier}#${name}`));
    const elsewhere = RUNTIME.filter((rule) => !rule.files.includes(path));
    const found = elsewhere.filter((rule) => rule.call.test(codeOf(text)) || imported.some((name) => rule.imports.includes(name)));
    return found.map((rule) => `${path}: ${rule.call.source}`);
  });
}

describe('the runtime', () => {
  test('is touched in few named files', () => {
    expect(runtimeCalls(project)).toEqual([]);
    expect(runtimeCalls(new Map([['src/mcp/a.ts', 'export const a = Bun.serve({ fetch: () => new Response() });\n']]))).toHaveLength(1);
    expect(runtimeCalls(new Map([['src/mcp/a.ts', "import { RedisClient } from 'bun';\n"]]))).toHaveLength(1);
  });
});

/** oxlint counts, since it parses: at most 70 lines a function, comments and blank lines left out. */
function longFunctions(paths: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidy-'));
  const config = join(folder, 'oxlint.json');
  const rule = ['error', { max: 70, skipBlankLines: true, skipComments: true }];
  writeFileSync(config, JSON.stringify({ categories: { correctness: 'off' }, rules: { 'max-lines-per-function': rule } }));
  const command = [join(root, 'node_modules/.bin/oxlint'), '-c', config, '--ignore-pattern', '**/*.test.ts', '--format', 'unix', ...paths];
  const run = Bun.spawnSync(command, { cwd: root });
  rmSync(folder, { recursive: true });
  return run.exitCode === 0 ? '' : run.stdout.toString() + run.stderr.toString();
}

describe('functions', () => {
  test('have at most 70 lines', () => expect(longFunctions(['src', 'bench', 'demo', 'test'])).toBe(''));

  test('have at most 70 lines: a planted violation is found', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidy-'));
    const file = join(folder, 'long.ts');
    writeFileSync(file, `export function a(): void {\n${'  b();\n'.repeat(71)}}\n`);
    const found = longFunctions([file]);
    rmSync(folder, { recursive: true });
    expect(found).toContain('too many lines');
  });
});

function unusedCodes(files: Project, codes: readonly string[]): string[] {
  const others = production(files).filter(([path]) => path !== 'src/domain/errors.ts');
  const text = others.map(([, content]) => codeOf(content)).join('\n');
  return codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(text));
}

describe('the words', () => {
  test('every error code is raised somewhere', () => {
    expect(unusedCodes(project, ERROR_CODES)).toEqual([]);
    expect(unusedCodes(new Map([['src/mcp/a.ts', "throw new SallyportError('ERR_A', '');\n"]]), ['ERR_A', 'ERR_B'])).toEqual(['ERR_B']);
  });

  test('the median file stays short', () => {
    const lengths = production(project).map(([, text]) => text.split('\n').length - 1).toSorted((a, b) => a - b);
    const median = lengths[Math.floor(lengths.length / 2)] ?? 0;
    const total = lengths.reduce((sum, length) => sum + length, 0);
    console.log(`tidy: ${lengths.length} source files, ${total} lines, median ${median}, longest ${lengths.at(-1) ?? 0}`);
    expect(median).toBeLessThanOrEqual(120);
  });
});
