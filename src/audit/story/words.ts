import type { Json } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';

const SHAPE_CHARS_MAX = 160;

/** `{to: string(24), cc: absent}`: names of the pinned schema with what stands there, never values. */
export function shapeOf(shape: Json): string {
  const said = say(shape);
  return said.length <= SHAPE_CHARS_MAX ? said : `${said.slice(0, SHAPE_CHARS_MAX)}…`;
}

function say(shape: Json): string {
  if (typeof shape === 'string') return shape;
  if (isArray(shape)) return `[${shape.map(say).join(', ')}]`;
  if (isObject(shape)) return `{${Object.entries(shape).map(([name, inner]) => `${name}: ${say(inner)}`).join(', ')}}`;
  return JSON.stringify(shape);
}

/** `940 B`, `1.9 kB`, `3.2 MB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `34 ms`, `2.5 s`. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
