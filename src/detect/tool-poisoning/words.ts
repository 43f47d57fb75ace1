import { kindsOf, UNSPACED, wordInRun } from './lexicon.ts';
import type { WordKind } from './lexicon.ts';

/** A word of a sentence that has a role in an order, and its place: UTF-16 units of the text, and how many words came before. */
export interface Word {
  readonly kinds: readonly WordKind[];
  readonly start: number;
  readonly end: number;
  readonly position: number;
}

export interface Sentence {
  readonly words: readonly Word[];
  /** Whether word order says little: scripts without spaces end with their verbs. */
  readonly loose: boolean;
}

/** What a chunk between spaces is, when it is more than words. */
const PATHS = new RegExp([
  String.raw`~/?\.?(?:ssh|aws|kube|gnupg|azure|docker|netrc|npmrc|pypirc|git-credentials|pgpass|config/gcloud|config/gh|cursor|claude|codeium|gemini)\b`,
  String.raw`~/?\.?(?:bash_history|zsh_history|profile|bashrc|zshrc|bash_profile|zprofile)\b`,
  String.raw`\b(?:id_rsa|id_ed25519|id_ecdsa|authorized_keys|known_hosts|wallet\.dat|kubeconfig|\.netrc|\.pgpass|\.npmrc|\.htpasswd)\b`,
  String.raw`\b(?:credentials\.(?:db|json|ya?ml|csv)|secrets?\.(?:ya?ml|json|toml|env))\b`,
  String.raw`(?:^|[\s"'\x60(/\\])\.(?:env|ssh|aws|kube|gnupg|bashrc|zshrc|bash_profile)(?![\w-])`,
  String.raw`/etc/(?:passwd|shadow|sudoers|hosts|crontab|ssh)\b|/root/|/proc/self/environ|/var/run/docker\.sock`,
  String.raw`\b(?:mcp|claude_desktop_config|mcp-config|settings\.local)\.json\b|\bCLAUDE\.md\b|\bAGENTS\.md\b|\.cursorrules\b|\.cursor/rules`,
].join('|'), 'i');
const URL_LIKE = /https?:\/\/|\bwww\.|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[\w-]{1,63}\.(?:ngrok|webhook|requestbin|burpcollaborator|oast)\b/i;
const MAIL_LIKE = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}/;
const NAME_LIKE = /^[("'`<[]*[A-Za-z][A-Za-z0-9]*(?:[_.-][A-Za-z0-9]+)*(?:[_.][A-Za-z0-9]+|[a-z0-9][A-Z][A-Za-z0-9]*)[)"'`>\],:;.]*$/;
/** An account, an amount, a number: what stands for what the user asked for. */
const VALUE_LIKE = /^[$€£"'(]?[A-Za-z]{0,8}[-+]?\d[\d.,-]{1,32}["').,;]?$/;
/** Names of this length are no names. */
const NAME_CHARS_MAX = 96;
const CHUNK_CHARS_MAX = 2_048;
const UNSPACED_LETTERS = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー`;
const CHUNKS = new RegExp(String.raw`\n[ \t\r]{0,64}\n|[。！？；]|[${UNSPACED_LETTERS}]+|[^\s。！？；${UNSPACED_LETTERS}]+`, 'gu');
const LETTERS = /[\p{L}\p{M}\p{N}]+/gu;
/** Addresses that stand in documentation and lead nowhere (RFC 2606, RFC 5737, private networks). */
const SAMPLES = new RegExp([
  String.raw`(?:\/\/|@|\b)(?:(?:api|www|mail)\.)?(?:example|domain|yourdomain|company|server|email)\.(?:com|org|net)\b`,
  String.raw`\blocalhost\b|\b(?:10|127|192\.168|192\.0\.2|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}`,
].join('|'), 'i');
const ENDS_SENTENCE = /[.!?…][)"'”’\]]*$/;
const JOINED_DENIALS: ReadonlySet<string> = new Set(['do', 'should', 'must', 'shall', 'need']);

/** Cuts a text into sentences, and keeps of each the words that have a role. Linear in the text. */
export function sentencesOf(text: string): readonly Sentence[] {
  const sentences: Sentence[] = [];
  let words: Word[] = [];
  let position = 0;
  let loose = false;
  let before = '';
  const flush = (): void => {
    if (words.length > 0) sentences.push({ words, loose });
    [words, position, loose, before] = [[], 0, false, ''];
  };
  const add = (kinds: readonly WordKind[], start: number, end: number): void => {
    if (kinds.length > 0) words.push({ kinds, start, end, position });
    position += 1;
  };
  for (const { 0: chunk, index } of text.matchAll(CHUNKS)) {
    if (/^[\n。！？；]/.test(chunk)) {
      flush();
      continue;
    }
    const special = specialKinds(chunk);
    if (special.length > 0) add(special, index, index + chunk.length);
    for (const { 0: run, index: at } of special.includes('name') || special.includes('url') ? [] : chunk.matchAll(LETTERS)) {
      const start = index + at;
      if (UNSPACED.test(run)) {
        loose = true;
        for (const found of inRun(run)) add(found.kinds, start + found.at, start + found.at + found.length);
        continue;
      }
      const word = run.toLowerCase();
      // `do not` and `don't` are one word; `does not` says what a tool is, and forbids nothing.
      const denies = (word === 'not' && JOINED_DENIALS.has(before)) || (word === 't' && before === 'don') || (word === 'need' && before === 'no');
      add(denies ? ['deny'] : kindsOf(word), start, start + run.length);
      before = word;
    }
    if (ENDS_SENTENCE.test(chunk)) flush();
  }
  flush();
  return sentences;
}

function specialKinds(chunk: string): readonly WordKind[] {
  if (chunk.length < 3 || !/[^\p{L}]|\p{Ll}\p{Lu}/u.test(chunk)) return [];
  const said = chunk.slice(0, CHUNK_CHARS_MAX);
  const kinds: WordKind[] = [];
  if (PATHS.test(said)) kinds.push('path');
  const sample = SAMPLES.test(said);
  if (!sample && URL_LIKE.test(said)) kinds.push('url');
  if (!sample && MAIL_LIKE.test(said)) kinds.push('mail');
  if (kinds.length === 0 && said.length <= NAME_CHARS_MAX && NAME_LIKE.test(said)) kinds.push('name');
  if (said.startsWith('`')) kinds.push('code');
  if (VALUE_LIKE.test(said)) kinds.push('value');
  return kinds;
}

function inRun(run: string): readonly { readonly at: number; readonly length: number; readonly kinds: readonly WordKind[] }[] {
  const found: { readonly at: number; readonly length: number; readonly kinds: readonly WordKind[] }[] = [];
  for (let at = 0; at < run.length; ) {
    const word = wordInRun(run, at);
    if (word !== undefined) found.push({ at, ...word });
    at += word?.length ?? 1;
  }
  return found;
}
