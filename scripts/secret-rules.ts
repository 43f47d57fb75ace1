/**
 * Makes src/detect/secrets/rules.json of the rules of gitleaks (MIT):
 *
 *     bun scripts/secret-rules.ts <path of gitleaks.toml> <commit it is from>
 *
 * Go's RE2 syntax becomes JavaScript's: scoped case-insensitivity is written out in classes, named groups and POSIX classes go,
 * and the open front that only serves to show the line is cut off, so that each rule is tried at its keyword and nowhere else.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const Allow = z.object({
  regexes: z.array(z.string()).default([]), stopwords: z.array(z.string()).default([]), paths: z.array(z.string()).default([]),
  regexTarget: z.enum(['secret', 'match', 'line']).default('secret'),
});
const Gitleaks = z.object({
  allowlist: z.object({ regexes: z.array(z.string()), stopwords: z.array(z.string()) }),
  rules: z.array(z.object({
    id: z.string(), regex: z.string().optional(), keywords: z.array(z.string()).default([]), entropy: z.number().default(0),
    secretGroup: z.number().optional(), allowlists: z.array(Allow).default([]),
  })),
});

/** In front of a keyword: shown by a scanner of files, of no use for finding. */
const FRONT = /^(?:\(\?i\))?\[\\w\.-\]\{0,50\}\?(?:(?=\(\?:)|(?!\())/;
/** The same front twice, the second time inside a group of its own: without it, the pattern begins with its keyword, too. */
const FRONT_TWICE = /^\[\\w\.-\]\{0,50\}\?\(\?i:\[\\w\.-\]\{0,50\}\?/;

interface Scope { readonly insensitive: boolean; readonly dotAll: boolean }

function transpile(source: string): string {
  const scopes: Scope[] = [];
  let scope: Scope = { insensitive: false, dotAll: false };
  let out = '';
  let at = 0;
  while (at < source.length) {
    const rest = source.slice(at);
    const flags = /^\(\?(-?)([is]+)([:)])/.exec(rest);
    const posix = /^\[\[:alnum:\]\]/.exec(rest);
    if (flags !== null) {
      const [whole, minus, letters = '', end] = flags;
      if (end === ':') scopes.push(scope);
      scope = { insensitive: letters.includes('i') ? minus === '' : scope.insensitive, dotAll: letters.includes('s') ? minus === '' : scope.dotAll };
      if (end === ':') out += '(?:';
      at += whole.length;
    } else if (/^\(\?P<\w+>/.test(rest)) {
      scopes.push(scope);
      out += '(?:';
      at += rest.indexOf('>') + 1;
    } else if (posix !== null) {
      out += '[0-9A-Za-z]';
      at += posix[0].length;
    } else if (rest.startsWith('(')) {
      scopes.push(scope);
      out += '(';
      at += 1;
    } else if (rest.startsWith(')')) {
      scope = scopes.pop() ?? scope;
      out += ')';
      at += 1;
    } else if (rest.startsWith('[')) {
      const whole = /^\[\^?\]?(?:\\x[0-9a-fA-F]{2}|\\.|[^\]\\])*\]/.exec(rest)?.[0] ?? rest;
      out += scope.insensitive ? bothCases(whole) : whole;
      at += whole.length;
    } else if (rest.startsWith('\\')) {
      const whole = /^\\x[0-9a-fA-F]{2}|^\\./s.exec(rest)?.[0] ?? rest;
      out += whole === '\\z' ? '$' : whole;
      at += whole.length;
    } else {
      const letter = rest.charAt(0);
      out += scope.dotAll && letter === '.' ? '[\\s\\S]' : scope.insensitive && /[a-z]/i.test(letter) ? `[${letter.toLowerCase()}${letter.toUpperCase()}]` : letter;
      at += 1;
    }
  }
  return out;
}

function bothCases(set: string): string {
  const more = (set.match(/\\x[0-9a-fA-F]{2}|\\.|[a-z]-[a-z]|[a-z]/gis) ?? []).filter((part) => !part.startsWith('\\'));
  const turned = more.map((part) => (part === part.toLowerCase() ? part.toUpperCase() : part.toLowerCase())).filter((part) => !set.includes(part));
  const open = set.startsWith('[^') ? 2 : 1;
  return `${set.slice(0, open)}${turned.join('')}${set.slice(open)}`;
}

/** How long a match can be; undefined: without end. */
function longest(pattern: string): number | undefined {
  let total = 0;
  for (const [, open, low, , high] of pattern.matchAll(/(?:(?:\[(?:\\.|[^\]\\])*\]|\\.|\)|\.)(?:(\+|\*)|\{(\d+)(?:(,)(\d*))?\})|(?:\[(?:\\.|[^\]\\])*\]|\\.|[\w-]))/g)) {
    if (open !== undefined || (low !== undefined && high === '')) return undefined;
    total += Number(high ?? low ?? 1);
  }
  return total;
}

/** What else the pattern begins with: some rules have a keyword of the value only, and would be tried there in vain. */
function beginningsOf(pattern: string, keywords: readonly string[]): readonly string[] {
  const bare = pattern.replaceAll(/\[([a-z])([A-Z])\]/g, (both, low: string, high: string) => (low === high.toLowerCase() ? low : both));
  const front = /^(?:\(\?:)*((?:[\w-]+\|?)+)\)/.exec(bare.replaceAll(/\[([A-Z])([a-z])\]/g, '$2'))?.[1] ?? '';
  return front.split('|').map((word) => word.toLowerCase()).filter((word) => word.length > 2 && !keywords.some((keyword) => word.startsWith(keyword)));
}

/** Whether the pattern begins with one of the keywords, so that it need be tried only there. */
function beginsWith(pattern: string, keywords: readonly string[]): boolean {
  const bare = pattern.replaceAll(/\[([a-z])([A-Z])\]/g, (both, low: string, high: string) => (low === high.toLowerCase() ? low : both)).replace(/^(?:\\b|\((?:\?:)?)+/, '');
  return keywords.some((keyword) => bare.replaceAll('\\', '').toLowerCase().startsWith(keyword)) && !/^\([^)]*\|/.test(pattern.replace(/^\\b/, ''));
}

/**
 * Written anew in own-rules.ts, in linear time: these look for a header or an end anywhere behind their keyword, and `pkcs12-file`
 * knows only names of files, where we look at what is in them.
 */
const OWN = new Set(['curl-auth-header', 'curl-auth-user', 'kubernetes-secret-yaml', 'private-key', 'pkcs12-file']);

const [path = '', commit = ''] = process.argv.slice(2);
const { rules, allowlist } = Gitleaks.parse(Bun.TOML.parse(readFileSync(path, 'utf8')));
const made = rules.flatMap(({ id, regex, keywords, entropy, secretGroup, allowlists }) => {
  if (regex === undefined || OWN.has(id)) return [];
  const assigned = FRONT.test(regex) || FRONT_TWICE.test(regex);
  const cut = regex.replace(FRONT_TWICE, '(?i:').replace(FRONT, (front) => (front.startsWith('(?i)') ? '(?i)' : ''));
  const pattern = transpile(cut);
  const anchor = assigned ? 'assigned' : beginsWith(pattern, keywords) ? 'begins' : 'near';
  const allow = allowlists.flatMap(({ regexes, stopwords, regexTarget }) =>
    regexes.length + stopwords.length === 0 ? [] : [{ target: regexTarget, regexes: regexes.map(transpile), stopwords }]);
  const length = longest(pattern);
  const words = [...keywords.map((word) => word.toLowerCase()), ...(assigned ? beginningsOf(pattern, keywords) : [])];
  return [{ id, anchor, keywords: words, pattern, entropy, ...(secretGroup === undefined ? {} : { secretGroup }),
    ...(length === undefined ? {} : { length }), allow }];
});
for (const { pattern, allow } of made) [pattern, ...allow.flatMap(({ regexes }) => regexes)].forEach((one) => new RegExp(one));
const head = { source: 'https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml', commit, licence: 'MIT, Copyright (c) 2019 Zachary Rice' };
const file = join(import.meta.dir, '../src/detect/secrets/rules.json');
const lines = made.map((rule) => `    ${JSON.stringify(rule)}`).join(',\n');
const common = JSON.stringify({ regexes: allowlist.regexes.map(transpile), stopwords: allowlist.stopwords });
writeFileSync(file, `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "allow": ${common},\n  "rules": [\n${lines}\n  ]\n}\n`);
process.stdout.write(`${made.length} rules\n`);
