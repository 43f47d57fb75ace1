import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';

/** docs/eval.md: what else a row holds is not read. */
const ROW = z.object({
  id: z.string(), label: z.union([z.literal(0), z.literal(1)]), kind: z.string(), category: z.string(), text: z.string(), source: z.string(),
  poison: z.string().optional(), goal: z.string().optional(), lang: z.string().optional(), stratum: z.string().optional(),
}).transform(({ poison, goal, lang, stratum, ...row }) => ({
  ...row, ...(poison === undefined ? {} : { poison }), ...(goal === undefined ? {} : { goal }),
  ...(lang === undefined ? {} : { lang }), ...(stratum === undefined ? {} : { stratum }),
}));
export type EvalRow = z.infer<typeof ROW>;

/** Rows of `unified.jsonl` in a folder, of every folder below it, or of one file, in the order of their names. */
export function readRows(path: string): readonly EvalRow[] {
  const rows = filesOf(path).flatMap(readFile);
  if (rows.length > 0) return rows;
  throw new SallyportError('ERR_USAGE', `${path} holds no rows`,
    { remedy: 'Name a .jsonl file or a folder with unified.jsonl in it or below it; docs/eval.md has the format.' });
}

function filesOf(path: string): readonly string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new SallyportError('ERR_USAGE', `${path} does not exist`, { remedy: 'Name a corpus file, or a folder of corpora.' });
  if (stat.isFile()) return [path];
  const here = join(path, 'unified.jsonl');
  if (statSync(here, { throwIfNoEntry: false }) !== undefined) return [here];
  return readdirSync(path).toSorted().map((name) => join(path, name, 'unified.jsonl')).filter((file) => statSync(file,
    { throwIfNoEntry: false }) !== undefined);
}

function readFile(file: string): readonly EvalRow[] {
  return readFileSync(file, 'utf8').split('\n').flatMap((line, at) => {
    if (line === '') return [];
    const row = ROW.safeParse(parsed(line));
    if (row.success) return [row.data];
    const [issue] = row.error.issues;
    throw new SallyportError('ERR_USAGE', `${file}:${at + 1} is no row: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
      { remedy: 'docs/eval.md has the format.' });
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
