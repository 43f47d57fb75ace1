/** What may be in a release. A licence that is not here stops it until somebody has read it. */
const ALLOWED: ReadonlySet<string> = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'MIT-0', 'Zlib']);

const NAMES = /\b(?:A?GPL|LGPL|MPL|EPL|CC-BY(?:-[A-Z]+)*|CC0|BSD|MIT|ISC|Apache-2\.0|proprietary|unknown|research only|non-commercial)\b[\w.-]*/gi;

/** Whether an SPDX expression lets us ship: of `OR` one side, of `AND` both. What can't be read is not allowed. */
export function isAllowed(expression: string): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const term = (): boolean | undefined => {
    const token = tokens[at];
    at += 1;
    if (token !== '(') return token === undefined || /^(?:AND|OR|WITH|\))$/.test(token) ? undefined : ALLOWED.has(token);
    const inner = any();
    const isClosed = tokens[at] === ')';
    at += 1;
    return isClosed ? inner : undefined;
  };
  const all = (): boolean | undefined => {
    let value = term();
    while (tokens[at] === 'AND') {
      at += 1;
      const next = term();
      value = value === undefined || next === undefined ? undefined : value && next;
    }
    return value;
  };
  const any = (): boolean | undefined => {
    let value = all();
    while (tokens[at] === 'OR') {
      at += 1;
      const next = all();
      value = value === undefined || next === undefined ? undefined : value || next;
    }
    return value;
  };
  const value = any();
  return value === true && at === tokens.length;
}

/** Of a free text (`MIT and Apache-2.0 inputs`): every licence that it names is allowed, and it names one. */
export function namesOnlyAllowed(text: string): boolean {
  const named = text.match(NAMES) ?? [];
  return named.length > 0 && named.every((name) => ALLOWED.has(name) || name === 'BSD');
}

export interface Licensed {
  readonly name: string;
  readonly version?: string;
  readonly licence: string;
  readonly isAllowed: boolean;
}

/** The report; throws with every part of a release whose licence is unknown or not allowed. */
export function reportLicences(parts: readonly Licensed[]): string {
  const refused = parts.filter((part) => !part.isAllowed);
  if (refused.length > 0) {
    throw new Error(`licences that nobody allowed:\n${refused.map(({ name, version = '', licence }) => `  ${name} ${version}: ${licence}`).join('\n')}`);
  }
  const rows = parts.map(({ name, version = '', licence }) => `| ${name} | ${version} | ${licence} |`);
  return `# Licences of what this release holds\n\n| part | version | licence |\n|---|---|---|\n${rows.join('\n')}\n`;
}
