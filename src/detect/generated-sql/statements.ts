/** One statement of SQL as far as anybody must know it before it runs. */
export interface Statement {
  /** First word, in capitals: `SELECT`, `DROP`; `EXPLAIN` and `WITH` are passed by. */
  readonly kind: string;
  /** All words outside strings, in capitals, and every sign by itself. */
  readonly words: readonly string[];
  /** What follows FROM, JOIN, INTO, UPDATE, TABLE, in lower case. */
  readonly tables: readonly string[];
}

export interface Parsed {
  readonly statements: readonly Statement[];
  readonly hasComment: boolean;
  /** A string, quoted name or comment that is never closed. */
  readonly isOpen: boolean;
}

/** Longest first: quoted runs of every dialect (standard, MySQL, SQL Server, PostgreSQL's dollars), comments, words, numbers, signs. */
const TOKEN =
  /(--[^\n]*|#[^\n]*)|(\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?)|('(?:[^'\\]|\\.|'')*'?)|("(?:[^"]|"")*"?|`[^`]*`?|\[[\w $.-]{1,128}\])|\$(\w{0,32})\$|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(\d[\w.]*)|(\S)/g;
const NAMED = new Set(['FROM', 'JOIN', 'INTO', 'UPDATE', 'TABLE', 'TRUNCATE', 'USING']);
const NO_NAME = new Set(['SELECT', 'ONLY', 'IF', 'EXISTS', 'NOT', 'LATERAL', 'TABLE', 'OUTFILE', 'DUMPFILE', 'SET', 'VALUES']);

/** Splits a text into statements without a grammar of any dialect. Linear. */
export function parseSql(text: string): Parsed {
  const statements: Statement[] = [];
  let words: string[] = [];
  let [hasComment, isOpen] = [false, false];
  const close = (): void => {
    if (words.length > 0) statements.push(statementOf(words));
    words = [];
  };
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [whole, line, block, string, quoted, dollars, word] = match;
    if (line !== undefined || block !== undefined) {
      hasComment = true;
      isOpen ||= block !== undefined && (block.length < 4 || !block.endsWith('*/'));
    } else if (string !== undefined) {
      isOpen ||= string.length < 2 || !string.endsWith("'");
      words.push("''");
    } else if (dollars !== undefined) {
      const end = text.indexOf(whole, TOKEN.lastIndex);
      isOpen ||= end < 0;
      TOKEN.lastIndex = end < 0 ? text.length : end + whole.length;
      words.push("''");
    } else if (quoted !== undefined) {
      words.push(quoted.slice(1, -1));
    } else if (whole === ';') {
      close();
    } else {
      words.push(word === undefined ? whole : word.toUpperCase());
    }
  }
  close();
  return { statements, hasComment, isOpen };
}

/** A space in place of each comment between slashes: a database reads words on either side of it as two. Linear. */
export function withoutComments(text: string): string {
  let out = '';
  let from = 0;
  for (let at = text.indexOf('/*'); at >= 0; at = text.indexOf('/*', from)) {
    const end = text.indexOf('*/', at + 2);
    out += `${text.slice(from, at)} `;
    if (end < 0) return out;
    from = end + 2;
  }
  return from === 0 ? text : out + text.slice(from);
}

function statementOf(words: readonly string[]): Statement {
  const isWrapped = words[0] === 'WITH' || words[0] === 'EXPLAIN';
  const kind = (isWrapped ? words.find((word) => CHANGES.has(word)) : undefined) ?? words.find((word) => KINDS.has(word)) ?? words[0] ?? '';
  const tables = words.flatMap((word, index) => {
    if (!NAMED.has(word)) return [];
    const name = words.slice(index + 1, index + 5).find((next) => !NO_NAME.has(next));
    if (name === undefined || !/^[\w\u0080-\uffff]/.test(name)) return [];
    const at = words.indexOf(name, index + 1);
    return [(words[at + 1] === '.' ? `${name}.${words[at + 2] ?? ''}` : name).toLowerCase()];
  });
  return { kind, words, tables: [...new Set(tables)] };
}

const CHANGES = new Set(['DELETE', 'UPDATE', 'INSERT', 'MERGE']);

/** What a statement begins with, after EXPLAIN ANALYZE and common table expressions (which may write, too). */
const KINDS = new Set([
  'DELETE', 'DROP', 'TRUNCATE', 'UPDATE', 'INSERT', 'MERGE', 'REPLACE', 'ALTER', 'CREATE', 'GRANT', 'REVOKE', 'COPY', 'CALL', 'EXEC', 'EXECUTE', 'DO',
  'SELECT', 'SHOW', 'DESCRIBE', 'PRAGMA', 'ATTACH', 'SET', 'LOAD', 'VACUUM', 'RENAME', 'SHUTDOWN', 'KILL', 'USE', 'VALUES', 'BEGIN', 'COMMIT',
]);
