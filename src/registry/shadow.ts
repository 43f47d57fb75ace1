import type { FINDING_RULES } from '../domain/finding.ts';
import type { Pin, Surface, Tool } from '../domain/server.ts';
import { canonicalText } from './canonical.ts';
import { isNear, nearForms, wordSet } from './near.ts';
import { showHidden } from '../domain/hidden.ts';
import { confusableForm, normaliseText, similarityOf, textAt } from './text.ts';

/** A server and what it says of itself, for comparing with its neighbours. */
export interface Neighbour {
  readonly id: string;
  readonly surface: Pick<Surface, 'tools' | 'prompts' | 'templates' | 'instructions'>;
}

/** Something that an approver must see. It refuses nothing by itself. */
export interface ShadowFinding {
  /** As findings are named (`domain/finding.ts`). */
  readonly rule: `name-collision/${(typeof FINDING_RULES)['name-collision'][number]}` | `cross-server/${(typeof FINDING_RULES)['cross-server'][number]}`;
  readonly severity: 'low' | 'medium' | 'high';
  /** The tool, prompt or template; '' for the instructions. */
  readonly tool: string;
  /** The server and, where one is meant, the tool that is imitated or named. */
  readonly other: { readonly server: string; readonly tool?: string };
  readonly message: string;
}

/** From this share of common word pairs on, one description is a copy of the other. */
const NEARLY_THE_SAME = 0.85;
const FINDINGS_MAX = 500;

/**
 * Finds tools that imitate another server's (same or look-alike name, nearly the same description) or that name another
 * server or its tools in what they say: a description is read by the model whatever server's tools it is about.
 * Also look-alike names within the server itself. At most 500 findings; the time is linear in the number of tools.
 */
export function findShadows(subject: Neighbour, neighbours: readonly Neighbour[]): readonly ShadowFinding[] {
  const others = neighbours.filter(({ id }) => id !== subject.id);
  const index = indexTools(others);
  const own = indexTools([subject]);
  const findings: ShadowFinding[] = [];
  for (const tool of subject.surface.tools) {
    findings.push(...imitatedNames(tool, index, own), ...imitatedDescriptions(tool, index));
    if (findings.length >= FINDINGS_MAX) break;
  }
  const { tools, prompts, templates, instructions } = subject.surface;
  for (const pin of [...(instructions === undefined ? [] : [instructions]), ...tools, ...prompts, ...templates]) {
    findings.push(...namedThings(pin, subject, others, index));
    if (findings.length >= FINDINGS_MAX) break;
  }
  return findings.slice(0, FINDINGS_MAX);
}

interface Known {
  readonly server: string;
  readonly tool: Tool;
}

interface ToolIndex {
  readonly byName: ReadonlyMap<string, readonly Known[]>;
  readonly byForm: ReadonlyMap<string, readonly Known[]>;
  /** By what is left of a name without any one letter: names that share such a rest are one letter apart, or two swapped. */
  readonly byRest: ReadonlyMap<string, readonly Known[]>;
  readonly byWords: ReadonlyMap<string, readonly Known[]>;
  /** By three rare words in a row; what many tools share says nothing. */
  readonly byPhrase: ReadonlyMap<string, readonly Known[]>;
}

const SHARED_BY_MAX = 8;

function indexTools(servers: readonly Neighbour[]): ToolIndex {
  const byName = new Map<string, Known[]>();
  const byForm = new Map<string, Known[]>();
  const byRest = new Map<string, Known[]>();
  const byWords = new Map<string, Known[]>();
  const byPhrase = new Map<string, Known[]>();
  for (const { id, surface } of servers) {
    for (const tool of surface.tools) {
      const known = { server: id, tool };
      add(byName, tool.name, known);
      add(byForm, confusableForm(tool.name), known);
      for (const rest of nearForms(tool.name)) add(byRest, rest, known);
      add(byWords, wordSet(tool.name), known);
      for (const phrase of phrasesOf(tool)) add(byPhrase, phrase, known);
    }
  }
  return { byName, byForm, byRest, byWords, byPhrase };
}

function add(index: Map<string, Known[]>, key: string, known: Known): void {
  const list = index.get(key);
  if (!list) index.set(key, [known]);
  // One more than the limit marks a phrase as common.
  else if (list.length <= SHARED_BY_MAX) list.push(known);
}

function phrasesOf(tool: Tool): ReadonlySet<string> {
  const words = (normaliseText(textAt(tool.definition, 'description')).match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, 200);
  return new Set(words.slice(2).map((word, index) => `${words[index]} ${words[index + 1]} ${word}`));
}

function imitatedNames(tool: Tool, index: ToolIndex, own: ToolIndex): readonly ShadowFinding[] {
  const form = confusableForm(tool.name);
  const same = (index.byName.get(tool.name) ?? []).map((known): ShadowFinding =>
    finding('name-collision/same-name', 'low', tool, known, `${known.server} has a tool of the same name`),
  );
  const alike = [...(index.byForm.get(form) ?? []), ...(own.byForm.get(form) ?? [])].filter((known) => known.tool.name !== tool.name);
  const others = (known: Known): boolean => known.tool.name !== tool.name && confusableForm(known.tool.name) !== form;
  const resting = nearForms(tool.name).flatMap((rest) => index.byRest.get(rest) ?? []);
  const near = new Set(resting.filter((known) => others(known) && isNear(tool.name, known.tool.name)));
  const swapped = (index.byWords.get(wordSet(tool.name)) ?? []).filter((known) => others(known) && !near.has(known));
  return [
    ...same,
    ...alike.map((known) => finding('name-collision/confusable-name', 'high', tool, known, `its name looks like ${known.tool.name} of ${known.server}`)),
    ...[...near].map((known) => finding('name-collision/near-name', 'medium', tool, known, `its name is nearly ${known.tool.name} of ${known.server}`)),
    ...swapped.map((known) => finding('name-collision/same-words', 'low', tool, known, `its name has the words of ${known.tool.name} of ${known.server}`)),
  ];
}

function imitatedDescriptions(tool: Tool, index: ToolIndex): readonly ShadowFinding[] {
  const candidates = new Set<Known>();
  for (const phrase of phrasesOf(tool)) {
    const sharing = index.byPhrase.get(phrase) ?? [];
    if (sharing.length <= SHARED_BY_MAX) for (const known of sharing) candidates.add(known);
  }
  const description = textAt(tool.definition, 'description');
  return [...candidates]
    .filter((known) => similarityOf(description, textAt(known.tool.definition, 'description')) >= NEARLY_THE_SAME)
    .map((known) => finding('name-collision/similar-description', 'medium', tool, known, `it is described as ${known.tool.name} of ${known.server} is`));
}

function namedThings(pin: Pin, subject: Neighbour, others: readonly Neighbour[], index: ToolIndex): readonly ShadowFinding[] {
  const text = canonicalText(pin.definition);
  const words = new Set(text.match(/[A-Za-z0-9_./:-]+/g)?.map((word) => word.replace(/^[./:-]+|[./:-]+$/g, '')) ?? []);
  const ownNames = new Set(subject.surface.tools.map(({ name }) => name));
  const tools = [...words]
    .filter((word) => isTelling(word) && !ownNames.has(word))
    .flatMap((word) => index.byName.get(word) ?? [])
    .map((known) => finding('cross-server/names-tool', 'high', pin, known, `what it says names ${known.tool.name}, a tool of ${known.server}`));
  const lower = text.toLowerCase();
  const servers = others
    .filter(({ id }) => [...words].some((word) => word.startsWith(`${id}__`) || word.startsWith(`mcp__${id}`)) || namesServer(lower, id))
    .map(({ id }): ShadowFinding => ({
      rule: 'cross-server/names-server', severity: 'medium', tool: pin.name, other: { server: id }, message: `what it says names the server ${id}`,
    }));
  return [...tools, ...servers];
}

/** A name that is not just a word of the language: `search` says nothing, `search_contacts` and `searchContacts` do. */
function isTelling(word: string): boolean {
  return word.length >= 5 && (/[_./:-]|\d/.test(word) || /[a-z][A-Z]/.test(word));
}

/** `the crm server`, `"crm"`, `crm mcp`: ids are often plain words, so a plain mention does not count. */
function namesServer(text: string, id: string): boolean {
  for (let at = text.indexOf(id); at >= 0; at = text.indexOf(id, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text.slice(at + id.length, at + id.length + 12);
    if (/[\w-]/.test(before)) continue;
    if (/^["'`\\]?\s+(?:mcp|server|tools?)\b/.test(after)) return true;
    if (/["'`]/.test(before) && text[at - 2] !== '{' && /^\\?["'`](?!:)/.test(after)) return true;
  }
  return false;
}

function finding(rule: ShadowFinding['rule'], severity: ShadowFinding['severity'], tool: Pin, known: Known, message: string): ShadowFinding {
  return { rule, severity, tool: tool.name, other: { server: known.server, tool: known.tool.name }, message: showHidden(message) };
}
