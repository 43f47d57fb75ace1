import { readFileSync, readdirSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { SallyportError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { parseOwnJson } from '../../../mcp/json.ts';
import { isObject } from '../../../domain/json.ts';

const OBJECT = z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));

/** The first line of a suite: what its company has, in the words of sallyport.yaml, and what its servers say of their tools. */
const HEADER = z.strictObject({
  suite: z.string().min(1), note: z.string(), manifest: OBJECT, tools: z.record(z.string(), z.array(OBJECT)), policy: z.string().exactOptional(),
});

/** One call and what the server answers: text, or structured content. `goal`: what the attacker is after; it is stopped when none of these passes. */
const STEP = z.strictObject({
  call: z.string().regex(/^[^/]+\/.+$/, 'must be <server>/<tool>'), arguments: OBJECT, result: z.union([z.string(), OBJECT]),
  goal: z.literal(true).exactOptional(),
});

/** What somebody asked an agent to do, and the calls that it makes for it. `attack`: what went wrong on the way. */
const TASK = z.strictObject({ id: z.string().min(1), task: z.string().min(1), attack: z.string().exactOptional(), steps: z.array(STEP).min(1) })
  .refine(({ attack, steps }) => (attack !== undefined) === steps.some(({ goal }) => goal === true), {
    error: 'an attack has a goal, and nothing else has one',
  });
export type Task = z.infer<typeof TASK>;

export interface Suite extends z.infer<typeof HEADER> {
  readonly file: string;
  readonly tasks: readonly Task[];
}

export const HALVES = ['open', 'frozen', 'all'] as const;
export type Half = (typeof HALVES)[number];

/** Which half a task belongs to: by the digest of its id, so that nobody chose. */
export function halfOf(id: string): Exclude<Half, 'all'> {
  return ((createHash('sha256').update(id).digest()[0] ?? 0) & 1) === 0 ? 'open' : 'frozen';
}

/** Whether a path holds replays: a file, or a folder of files, whose first line names a suite. */
export function findReplays(path: string): readonly string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  const files = stat.isFile() ? [path] : readdirSync(path).filter((name) => name.endsWith('.jsonl')).toSorted().map((name) => join(path, name));
  return files.filter((file) => readFileSync(file, 'utf8').startsWith('{"suite"'));
}

/** Reads a suite. Throws `ERR_USAGE` with file and line. */
export function readSuite(file: string, half: Half): Suite {
  const lines = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line, at) => parsed(line, file, at));
  const [first, ...rest] = lines;
  const header = checked(HEADER, first, file, 0);
  const tasks = rest.map((line, at) => checked(TASK, line, file, at + 1));
  const ids = new Set(tasks.map(({ id }) => id));
  if (ids.size !== tasks.length) throw wrong(file, 1, 'an id stands twice');
  return { ...header, file: basename(file), tasks: tasks.filter(({ id }) => half === 'all' || halfOf(id) === half) };
}

function parsed(line: string, file: string, at: number): JsonObject {
  try {
    const value = parseOwnJson(line);
    if (isObject(value)) return value;
  } catch {
    // Told below, with its place.
  }
  throw wrong(file, at, 'is no JSON object');
}

function checked<T>(shape: z.ZodType<T>, line: JsonObject | undefined, file: string, at: number): T {
  const read = shape.safeParse(line, { reportInput: false });
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw wrong(file, at, `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

function wrong(file: string, at: number, what: string): SallyportError {
  return new SallyportError('ERR_USAGE', `${file}:${at + 1}: ${what}`, { remedy: 'docs/eval.md has the format of replays.' });
}
