import type { Detector, Sight } from '../domain/detector.ts';
import { argumentsOf } from './arguments.ts';
import { parseSql, withoutComments } from './generated-sql/statements.ts';
import type { Parsed, Statement } from './generated-sql/statements.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';

const RUNNING = ['MCP05', 'ASI05', 'AML.T0053', 'SAFE-T2101', 'MCP-T3'] as const;

export const info = {
  facets: ['argument'],
  rules: {
    destructive: { severity: 'high', what: 'SQL that deletes data or what holds it.', catalogues: [...RUNNING, 'AML.T0101'] },
    unbounded: { severity: 'critical', what: 'SQL that deletes or changes every row.', catalogues: [...RUNNING, 'AML.T0101'] },
    write: { severity: 'medium', what: 'SQL that changes data.', catalogues: RUNNING },
    definition: { severity: 'medium', what: 'SQL that changes tables, views or functions.', catalogues: RUNNING },
    privilege: { severity: 'high', what: 'SQL that changes who may do what.', catalogues: [...RUNNING, 'ASI03', 'SAFE-T1104'] },
    stacked: { severity: 'medium', what: 'More than one SQL statement in one call.', catalogues: RUNNING },
    tautology: { severity: 'high', what: 'A condition in SQL that is always true.', catalogues: RUNNING },
    system: { severity: 'critical', what: 'SQL that reaches files, programs or other databases.', catalogues: [...RUNNING, 'SAFE-T1101'] },
    credentials: { severity: 'high', what: 'SQL that reads or writes what is called a secret.', catalogues: [...RUNNING, 'MCP01', 'AML.T0098'] },
    unparsable: { severity: 'medium', what: 'SQL of which not even strings and comments can be told apart.', catalogues: RUNNING },
  },
} as const satisfies DetectorInfo<'generated-sql'>;

type RuleName = keyof (typeof info)['rules'];

const KEY = /(?:^|_)(?:sql|query|statement|queries|statements|q)(?:$|_)/;
const SQL =
  /^[\s(;]*(?:--[^\n]*\n\s*|\/\*(?:[^*]|\*(?!\/))*\*\/\s*)*(?:select\s[\s\S]{0,2000}?\bfrom\b|select\s+[\w$.'"(@]|insert\s+into\b|update\s+\S{1,100}\s+set\b|delete\s+from\b|drop\s+(?:table|database|schema|view|index|user|role|function)\b|truncate\s+(?:(?:table|only)\s|[\w$."`]{1,128}\s*(?:$|[;,]|cascade\b|restrict\b|restart\b|continue\b))|alter\s+(?:table|user|role|database|system)\b|create\s+(?:or\s+replace\s+)?(?:table|user|role|view|index|function|trigger|database|extension|procedure)\b|grant\s|revoke\s|with\s+\w+\s*(?:\([^)]{0,200}\)\s*)?as\s*\(|merge\s+into\b|copy\s+\S+\s+(?:from|to)\b|explain\s|call\s+\w+\s*\(|exec(?:ute)?\s+\w|pragma\s|do\s+\$\w{0,32}\$|attach\s+(?:database\s+)?')/i;
const SYSTEM = /^(?:PG_READ_FILE|PG_READ_BINARY_FILE|PG_LS_DIR|PG_SLEEP|LO_IMPORT|LO_EXPORT|DBLINK\w*|XP_\w+|SP_OACREATE|SP_OAMETHOD|SP_EXECUTESQL|OPENROWSET|OPENDATASOURCE|LOAD_FILE|LOAD_EXTENSION|OUTFILE|DUMPFILE|INFILE|UTL_HTTP|UTL_FILE|DBMS_SCHEDULER|SYS_EVAL|SYS_EXEC|ATTACH|READFILE|WRITEFILE|HTTPFS|BENCHMARK|WAITFOR)$/;
const CREDENTIALS = /(?:^|_|\b)(?:passwords?|passwd|secrets?|tokens?|api_?keys?|credentials?|private_?keys?|password_hash|encrypted_password|refresh_tokens?|access_tokens?|service_role)(?:$|_)|^pg_(?:shadow|authid)$/i;
/** What counts or describes them. */
const ABOUT_THEM = /^(?:max|min|num|total|input|output|prompt|completion|cached)_|_(?:count|limit|budget|usage|used|cost|price|type|length|size|at|expir\w{1,6})s?$/i;

/** What leaves the string that it is put into: a quote, and then more SQL. */
const FRAGMENT =
  /['"]\s{0,8}\)?\s{0,8}(?:;\s{0,8}(?:drop|delete|update|insert|truncate|alter|grant|exec(?:ute)?)\s|(?:or|and)\s{1,8}['"]?\w{0,20}['"]?\s{0,8}=|union\s{1,8}(?:all\s{1,8})?select\s)/i;

/** SQL that an agent wrote, by kind of statement, before a database sees it. */
export const detector: Detector = {
  id: 'generated-sql',
  facets: info.facets,
  detect: (sight: Sight) => {
    const report = createReport('generated-sql', info);
    for (const { view, key, text } of argumentsOf(sight)) {
      const isWhole = SQL.test(withoutComments(text));
      const isPart = !isWhole && FRAGMENT.test(text);
      if (text.length < 6 || !(isWhole || isPart || (KEY.test(key)
        && /;\s*(?:drop|delete|update|insert|truncate|alter|grant|select)\b|\bunion\s+(?:all\s+)?select\b/i.test(text)))) continue;
      const { statements, isOpen } = isPart ? parseInside(text) : parseSql(text);
      const rules = new Map<RuleName, string | undefined>();
      if (isOpen) rules.set('unparsable', undefined);
      if (statements.length > 1) rules.set('stacked', String(statements.length));
      for (const statement of statements) for (const rule of rulesOf(statement)) rules.set(rule, statement.kind);
      for (const [rule, seen] of rules) report.add(rule, view, 0, text.length, seen);
    }
    return report.findings();
  },
};

/** As it reads where it is put between quotes: what it begins with is the end of a string, and what it ends with may begin one. */
function parseInside(text: string): Parsed {
  const quote = /['"]/.exec(text)?.[0] ?? "'";
  const parsed = parseSql(quote + text);
  return parsed.isOpen ? parseSql(quote + text + quote) : parsed;
}

function rulesOf({ kind, words }: Statement): readonly RuleName[] {
  const has = (...all: readonly string[]): boolean => all.some((word) => words.includes(word));
  const always = isAlways(words);
  const changes = has('DELETE', 'UPDATE') && !(kind === 'SELECT' && has('FOR')) && !['CREATE', 'GRANT', 'REVOKE', 'ALTER'].includes(kind);
  const rules: readonly (readonly [RuleName, boolean])[] = [
    ['destructive', ['DROP', 'TRUNCATE'].includes(kind) || has('DELETE') && changes || (kind === 'ALTER' && has('DROP'))],
    ['unbounded', kind === 'TRUNCATE' || (kind === 'DROP' && has('DATABASE', 'SCHEMA')) || (changes && (!has('WHERE') || always))],
    ['write', ['INSERT', 'MERGE', 'REPLACE', 'COPY', 'LOAD'].includes(kind) || changes || (kind === 'SELECT' && has('INSERT', 'INTO'))],
    ['definition', ['CREATE', 'ALTER', 'RENAME', 'DO', 'CALL', 'EXEC', 'EXECUTE', 'VACUUM'].includes(kind)],
    ['privilege', ['GRANT', 'REVOKE'].includes(kind) || (['CREATE', 'ALTER', 'DROP', 'SET'].includes(kind) && has('USER', 'ROLE', 'AUTHORIZATION', 'POLICY',
      'SECURITY'))],
    ['tautology', always],
    ['system', words.some((word) => SYSTEM.test(word)) || (kind === 'COPY' && (has('PROGRAM') || words.includes("''")))
      || ['ATTACH', 'LOAD', 'SHUTDOWN', 'KILL'].includes(kind)],
    ['credentials', words.some((word) => CREDENTIALS.test(word) && !ABOUT_THEM.test(word))],
  ];
  return rules.filter(([, holds]) => holds).map(([rule]) => rule);
}

const AFTER_WHERE: ReadonlySet<string> = new Set(['RETURNING', 'LIMIT', 'ORDER', 'GROUP', ')']);

/** `OR 1 = 1`, `OR '' = ''`, `WHERE 1 = 1`, `WHERE TRUE`, alone or at the end. */
function isAlways(words: readonly string[]): boolean {
  return words.some((word, index) => {
    if (word !== 'OR' && word !== 'WHERE') return false;
    const [left, sign, right, after] = words.slice(index + 1, index + 5);
    const ends = after === undefined || after === 'OR' || after === ')' || word === 'OR';
    return (left === 'TRUE' && (sign === undefined || AFTER_WHERE.has(sign) || word === 'OR')) || (ends && sign === '=' && left === right && /^(?:\d|''$)/.test(left ?? ''));
  });
}
