import type { Signal } from './signals.ts';

/** What is recognised by its letters alone. Every repeat is bounded and no two can take the same letters: linear in the text. */
export interface Literal {
  readonly rule: Signal;
  readonly weight: number;
  readonly pattern: RegExp;
}

const literal = (rule: Signal, weight: number, pattern: RegExp): Literal => ({ rule, weight, pattern });

export const LITERALS: readonly Literal[] = [
  literal('shouting', 2, /<\/?(?:important|system|critical|instructions?|secret|hidden|admin|mandatory|priority|assistant|details)\b[ \w="'-]{0,40}>/i),
  literal('shouting', 1, /\[(?:system|protocol|important|admin|instructions?|hidden|assistant|inst|mandatory)\b[ \w:]{0,40}\]/i),
  literal('shouting', 1, /\b(?:IMPORTANT|CRITICAL|ATTENTION|MANDATORY|URGENT|SYSTEM|PREREQUISITE|OVERRIDE|REQUIRED)(?: [A-Z]{2,16}){0,3} ?[:!]/),
  literal('addressed', 1, /\b(?:usage|operational|implementation|agent|system|protocol|security) (?:requirements?|guidance|details?|instructions?) ?[:.-]/i),
  literal('addressed', 1, /\b(?:usage|operational|agent|system|protocol|security|compliance) (?:notes?|notice|prerequisites?) ?[:.-]/i),
  literal('addressed', 1, /\b(?:prerequisite|hint)[.:] [a-z]/i),
  literal('shell', 2, /\brm -[rf]{1,2}\b|\b(?:bash|sh|zsh|python3?|node|perl|powershell) -(?:c|e|enc\w{0,12})\b/),
  literal('shell', 2, /\bbase64 (?:-d|--decode)\b|\bchmod (?:\+x|[0-7]{3,4})\b/),
  literal('shell', 3, /\/dev\/tcp\/|\bnc -\w{0,4}e\b|\| ?(?:ba|z|da)?sh\b/),
  literal('shell', 1, /\$\([a-z]|\b(?:sudo|pip3? install|npm install|npx) [\w@-]/),
  literal('persist', 1, /\b(?:crontab|launchagents|autostart|systemctl enable)\b|\bexport [A-Z_]{3,40}=/i),
  literal('sensitive-path', 1, /\b(?:private keys?|ssh keys?|seed phrase|keychain)\b/i),
];
