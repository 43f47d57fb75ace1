import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { readAllowedHost } from '../domain/allowed-host.ts';
import { LIMITS } from '../domain/limits.ts';
import type { SandboxSpec } from '../domain/server.ts';
import { SECRET } from './manifest-words.ts';
import { defaultSandbox } from './sandbox.ts';

/** `servers.<id>.sandbox` and `runner:` of sallyport.yaml, and a sandbox as it is stored. */

const SIZES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;
const SPANS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The characters that end a path or a mount option somewhere are none of a folder that is declared. */
const PATH = z.string().max(4096).regex(/^\/[^\p{Cc}\p{Cf}]*$/u, 'must be an absolute path').refine((path) => !/(?:^|\/)\.{1,2}(?:\/|$)|\/\/|.\/$/.test(path), {
  error: 'must be a plain path: no "." or "..", nothing doubled, no slash at its end',
});
const FOLDERS = z.array(PATH.refine((path) => !isReserved(path), { error: 'is the machine\'s own: no server gets that' })).max(LIMITS.sandboxFoldersMax);
const WRITABLE = z.array(PATH.refine((path) => !isReserved(path) && !isSystem(path), { error: 'is the machine\'s own: no server writes there' }))
  .max(LIMITS.sandboxFoldersMax);
const HOST = z.string().max(400).refine((text) => readAllowedHost(text) !== undefined, {
  error: 'must be host:port or *.domain:port, in lower case, with " in 10.20.0.0/16" after it for a private network and " without tls" for what is not TLS',
}).refine((text) => ipaddr.isValidCIDR(readAllowedHost(text)?.within ?? '0.0.0.0/0'), { error: 'has no such network' });
const HOSTS = z.array(HOST).max(LIMITS.sandboxHostsMax);
const SIZE = z.string().regex(/^[1-9]\d{0,14}(?:B|KiB|MiB|GiB)$/, 'must be a size: 512MiB, 2GiB');
const SPAN = z.string().regex(/^[1-9]\d{0,11}(?:ms|s|m|h|d)$/, 'must be a span of time: 30s, 10m, 8h');
const SECRET_FILES = z.record(z.string().regex(/^[A-Za-z_]\w{0,127}$/, 'must be the name of a variable'), SECRET);
const MEMORY = z.int().min(LIMITS.sandboxMemoryBytesMin).max(LIMITS.sandboxMemoryBytesMax);
const TMP = z.int().min(1).max(LIMITS.sandboxTmpBytesMax);
const PROCESSES = z.int().min(1).max(LIMITS.sandboxProcessesMax);
const FILES = z.int().min(16).max(LIMITS.sandboxFilesMax);
const CPU = z.number().min(0.01).max(LIMITS.sandboxCpuShareMax);
const MS = z.int().min(1).max(LIMITS.sandboxSpanMsMax);

/** As people write it. */
export const SANDBOX_SHAPE = z.strictObject({
  reads: FOLDERS.exactOptional(),
  writes: WRITABLE.exactOptional(),
  network: HOSTS.exactOptional(),
  memory: SIZE.refine((text) => MEMORY.safeParse(sizeOf(text)).success, { error: 'must be 32MiB to 64GiB' }).exactOptional(),
  processes: PROCESSES.exactOptional(),
  files: FILES.exactOptional(),
  tmp: SIZE.refine((text) => TMP.safeParse(sizeOf(text)).success, { error: 'must be 8GiB at most' }).exactOptional(),
  cpu: CPU.exactOptional(),
  wall: SPAN.refine((text) => MS.safeParse(spanOf(text)).success, { error: 'must be 30d at most' }).exactOptional(),
  idle: SPAN.refine((text) => MS.safeParse(spanOf(text)).success, { error: 'must be 30d at most' }).exactOptional(),
  secretFiles: SECRET_FILES.exactOptional(),
});
export type SandboxShape = z.infer<typeof SANDBOX_SHAPE>;

/** As it is stored, signed and started by. */
export const SANDBOX_SPEC = z.strictObject({
  reads: FOLDERS, writes: WRITABLE, network: HOSTS, memoryBytesMax: MEMORY, processesMax: PROCESSES, filesMax: FILES, tmpBytesMax: TMP,
  cpuShare: CPU.exactOptional(), wallMs: MS.exactOptional(), idleMs: MS.exactOptional(), secretFiles: SECRET_FILES,
});

export const RUNNER_SHAPE = z.strictObject({ unjailed: z.literal('accepted').exactOptional() });

/** With every default written out. */
export function readSandbox(shape: SandboxShape): SandboxSpec {
  const { reads, writes, network, memory, processes, files, tmp, cpu, wall, idle, secretFiles } = shape;
  const usual = defaultSandbox();
  return {
    reads: reads ?? usual.reads, writes: writes ?? usual.writes, network: network ?? usual.network,
    memoryBytesMax: memory === undefined ? usual.memoryBytesMax : sizeOf(memory),
    processesMax: processes ?? usual.processesMax, filesMax: files ?? usual.filesMax,
    tmpBytesMax: tmp === undefined ? usual.tmpBytesMax : sizeOf(tmp),
    ...(cpu === undefined ? {} : { cpuShare: cpu }),
    ...(wall === undefined ? {} : { wallMs: spanOf(wall) }), ...(idle === undefined ? {} : { idleMs: spanOf(idle) }),
    secretFiles: secretFiles ?? usual.secretFiles,
  };
}

/** What `readSandbox` reads back to the same; what is as usual is left out. */
export function formatSandbox(spec: SandboxSpec): SandboxShape {
  const usual = defaultSandbox();
  return {
    ...(spec.reads.length > 0 && { reads: [...spec.reads] }),
    ...(spec.writes.length > 0 && { writes: [...spec.writes] }),
    ...(spec.network.length > 0 && { network: [...spec.network] }),
    ...(spec.memoryBytesMax !== usual.memoryBytesMax && { memory: formatBy(SIZES, spec.memoryBytesMax) }),
    ...(spec.processesMax !== usual.processesMax && { processes: spec.processesMax }),
    ...(spec.filesMax !== usual.filesMax && { files: spec.filesMax }),
    ...(spec.tmpBytesMax !== usual.tmpBytesMax && { tmp: formatBy(SIZES, spec.tmpBytesMax) }),
    ...(spec.cpuShare !== undefined && { cpu: spec.cpuShare }),
    ...(spec.wallMs !== undefined && { wall: formatBy(SPANS_MS, spec.wallMs) }),
    ...(spec.idleMs !== undefined && { idle: formatBy(SPANS_MS, spec.idleMs) }),
    ...(Object.keys(spec.secretFiles).length > 0 && { secretFiles: spec.secretFiles }),
  };
}

/** What the kernel shows of itself and of others, where a socket or device is a way out of every sandbox; and files that each sandbox has of its own. */
function isReserved(path: string): boolean {
  return path === '/' || /^\/(?:(?:proc|sys|dev|run|var\/run)(?:\/|$)|etc\/(?:passwd|group|hosts|resolv\.conf|nsswitch\.conf)$)/.test(path);
}

function isSystem(path: string): boolean {
  return /^\/(?:usr|bin|sbin|lib|lib32|lib64|etc|boot)(?:\/|$)|^\/(?:home|root|var|opt|srv|tmp|mnt|media)$/.test(path);
}

function sizeOf(text: string): number {
  return read(SIZES, text);
}

function spanOf(text: string): number {
  return read(SPANS_MS, text);
}

function read(units: Readonly<Record<string, number>>, text: string): number {
  return Number.parseInt(text, 10) * (units[text.replace(/^\d+/, '')] ?? 1);
}

/** In the largest unit that says it exactly. */
function formatBy(units: Readonly<Record<string, number>>, value: number): string {
  const [unit = '', size = 1] = Object.entries(units).findLast(([, one]) => value % one === 0) ?? [];
  return `${value / size}${unit}`;
}
