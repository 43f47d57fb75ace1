import type { EvalRow } from './rows.ts';

/** What an attack's row is counted with: its template where a corpus is made of templates, else its kind. */
export function attackStratum({ source, category, kind, stratum }: EvalRow): string {
  if (stratum !== undefined) return `${source}: ${stratum}`;
  // What openly states an evil purpose, or is code, gives a model no order: policy's matter, and a stratum of its own.
  if (source === 'atr' && kind === 'tool_def') return `atr: tool_def, ${category.startsWith('atr:privilege-escalation') ? 'open purpose' : 'injection'}`;
  const name = source === 'agentdojo' || source === 'asb' ? category.split(':').slice(source === 'asb' ? 1 : 2).join(':') : kind;
  return `${source}: ${name.replace(/^opi:/, '')}`;
}

/** What a benign row is counted with; it may be in several strata. */
export function benignStrata(row: EvalRow): readonly string[] {
  const kind = kindOf(row);
  if (row.stratum !== undefined) return [kind, `${row.source}: ${row.kind}`, ...(isEnglish(row) ? [] : [`${row.source}: not English`])];
  const security = row.kind !== 'tool_def' && SECURITY.test(row.text) ? ['text about security'] : [];
  const language = isEnglish(row) ? [] : ['not English'];
  const owner = kind === 'definitions' ? [`definitions: ${row.source}`] : [];
  const length = ['results', 'documents', 'code'].includes(kind) ? [`results, ${lengthOf(row.text)}`] : [];
  return [kind, ...owner, ...security, ...language, ...length];
}

/** Benign texts that tools answer with on an ordinary day; the others are strata of their own. */
export function isRealResult(row: EvalRow): boolean {
  return row.label === 0 && row.kind === 'tool_output' && ['results', 'documents', 'code'].includes(kindOf(row));
}

function kindOf({ source, category, kind, stratum }: EvalRow): string {
  if (stratum !== undefined) return stratum;
  if (source === 'atr') return `near misses of attacks (atr ${kind})`;
  if (kind === 'tool_def') return 'definitions';
  if (kind === 'prompt') return 'prompts';
  if (source === 'hardneg-agent-instructions') return 'files that instruct agents';
  if (category.startsWith('docs:') || category === 'docker:readme.md') return 'documents';
  return category.startsWith('code:') || category.startsWith('gitlog:') ? 'code' : 'results';
}

const SECURITY = /\b(?:prompt injection|jailbreak|malicious|vulnerabilit(?:y|ies)|attacker|exploit|exfiltrat|phishing|malware|CVE-\d)/i;

/** Commonest words of English: hardly a sentence has none of them. */
const ENGLISH = /\b(?:the|and|of|to|is|in|for|with|that|this|you|are|on|be|it)\b/gi;
const WORDS = /\p{L}+/gu;

function isEnglish({ lang, text }: EvalRow): boolean {
  if (lang !== undefined) return lang === 'en' || lang.startsWith('en-');
  const words = text.match(WORDS) ?? [];
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const beyond = text.match(/[^\p{ASCII}\p{P}\p{S}]/gu)?.length ?? 0;
  if (beyond > letters / 10) return false;
  return words.length < 12 || beyond === 0 || (text.match(ENGLISH)?.length ?? 0) > words.length / 20;
}

function lengthOf({ length }: string): string {
  if (length <= 600) return 'to 600 characters';
  if (length <= 2_400) return 'to 2,400 characters';
  return length <= 9_600 ? 'to 9,600 characters' : 'longer';
}
