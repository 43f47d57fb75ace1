import type { Json } from '../../domain/json.ts';

/** RFC 5424 severities as MCP names them, least severe first. */
const LEVELS: readonly Json[] = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

export function isLogLevel(level: Json | undefined): level is string {
  return typeof level === 'string' && LEVELS.includes(level);
}

/** Whether who asked for `wanted` and more severe gets `level`. A level that is not known passes: the client can tell. */
export function includesLevel(wanted: string, level: Json | undefined): boolean {
  const rank = LEVELS.indexOf(level ?? null);
  return rank === -1 || rank >= LEVELS.indexOf(wanted);
}
