import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { SandboxSpec } from '../domain/server.ts';
import { invalid, readEnv, readObject, readPath, readTexts } from './request.ts';

const FIELDS = new Set([
  'reads', 'writes', 'network', 'memoryBytesMax', 'processesMax', 'filesMax', 'tmpBytesMax', 'cpuShare', 'wallMs', 'idleMs', 'secretFiles',
]);

/** Reads what a process may touch. Nothing has a default here: what does not say its limits is not started. */
export function readSandboxSpec(value: Json | undefined): SandboxSpec {
  const spec = readObject(value, FIELDS);
  return {
    reads: readFolders(spec, 'reads'), writes: readFolders(spec, 'writes'), network: readTexts(spec['network'], 'network'),
    memoryBytesMax: readNumber(spec, 'memoryBytesMax', LIMITS.sandboxMemoryBytesMax),
    processesMax: readNumber(spec, 'processesMax', LIMITS.sandboxProcessesMax),
    filesMax: readNumber(spec, 'filesMax', LIMITS.sandboxFilesMax), tmpBytesMax: readNumber(spec, 'tmpBytesMax', LIMITS.sandboxTmpBytesMax),
    ...(spec['cpuShare'] === undefined ? {} : { cpuShare: readNumber(spec, 'cpuShare', LIMITS.sandboxCpuShareMax) }),
    ...(spec['wallMs'] === undefined ? {} : { wallMs: readNumber(spec, 'wallMs', LIMITS.sandboxSpanMsMax) }),
    ...(spec['idleMs'] === undefined ? {} : { idleMs: readNumber(spec, 'idleMs', LIMITS.sandboxSpanMsMax) }),
    secretFiles: readEnv(spec['secretFiles'], 'secretFiles'),
  };
}

function readFolders(spec: JsonObject, field: string): readonly string[] {
  return readTexts(spec[field], field).map((path) => readPath(path, field));
}

function readNumber(spec: JsonObject, field: string, max: number): number {
  const value = spec[field];
  if (typeof value === 'number' && value > 0 && value <= max && (field === 'cpuShare' || Number.isInteger(value))) return value;
  throw invalid(field);
}
