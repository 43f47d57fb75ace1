import type { Phrase } from './phrases.ts';

export const SIGNALS = [
  'conceal', 'override', 'call-first', 'shadow', 'redirect', 'superiority', 'acclaim', 'hand-over', 'exfiltrate', 'sensitive-path', 'alter-argument',
  'no-consent', 'addressed', 'shouting', 'pretext', 'shell', 'persist', 'odd-parameter', 'external-url', 'run-other',
] as const;
export type Signal = (typeof SIGNALS)[number];

/** From this sum of weights on a definition is called poisoned: the one operating point. */
export const POISONED_FROM = 3;

type Make = (rule: Signal, weight: number, within: number, ...steps: Phrase<Signal>['steps']) => Phrase<Signal>;

const phrase: Make = (rule, weight, within, ...steps) => ({ rule, weight, steps, within });
const loose: Make = (rule, weight, within, ...steps) => ({ rule, weight, steps, within, anyOrder: true });

/** Orders that nobody needs to give in order to say what a tool does. */
export const PHRASES: readonly Phrase<Signal>[] = [
  // Not telling the user.
  phrase('conceal', 3, 9, ['deny'], ['tell'], ['user']),
  // Where the verb of an order stands first and its denial last.
  phrase('conceal', 3, 7, ['say'], ['deny'], ['user']),
  phrase('conceal', 3, 7, ['say'], ['user'], ['deny']),
  phrase('conceal', 2, 4, ['deny'], ['tell']),
  phrase('conceal', 2, 10, ['deny'], ['show'], ['user']),
  phrase('conceal', 3, 6, ['keep'], ['inside'], ['user']),
  phrase('conceal', 2, 6, ['must', 'do'], ['silent']),
  loose('conceal', 2, 8, ['silent'], ['send', 'put', 'swap', 'path']),
  phrase('conceal', 2, 6, ['keep'], ['deny', 'out'], ['reply', 'user']),
  phrase('conceal', 2, 6, ['must', 'should'], ['keep'], ['inside']),
  phrase('conceal', 3, 7, ['leave'], ['out'], ['reply']),
  // Setting other instructions aside.
  phrase('override', 3, 12, ['previous', 'your'], ['order'], ['deny'], ['valid']),
  phrase('override', 2, 12, ['order'], ['void']),
  phrase('override', 3, 6, ['outrank'], ['user', 'order']),
  phrase('override', 3, 6, ['ignore'], ['previous', 'other'], ['order']),
  phrase('override', 3, 6, ['ignore'], ['previous', 'other'], ['system']),
  phrase('override', 3, 6, ['setaside'], ['order'], ['previous']),
  phrase('override', 2, 6, ['ignore'], ['safety', 'user'], ['order']),
  phrase('override', 2, 10, ['regardless'], ['user', 'asked']),
  // Being called before anything else.
  phrase('call-first', 2, 10, ['first'], ['other'], ['tool', 'act', 'call']),
  phrase('call-first', 3, 12, ['must'], ['call'], ['first'], ['other'], ['tool', 'act']),
  phrase('call-first', 2, 5, ['must'], ['called'], ['first']),
  phrase('call-first', 1, 12, ['must'], ['call'], ['first']),
  phrase('call-first', 1, 8, ['first'], ['call'], ['this', 'tool']),
  phrase('call-first', 1, 8, ['when'], ['this'], ['connected']),
  // What other tools are to be used for, or no longer.
  phrase('shadow', 2, 10, ['when'], ['other', 'name'], ['tool', 'name'], ['call']),
  phrase('shadow', 2, 8, ['when'], ['name'], ['call']),
  phrase('redirect', 2, 12, ['deprecated'], ['prefer', 'call', 'route'], ['this']),
  phrase('redirect', 3, 20, ['name'], ['tool'], ['route', 'deprecated'], ['this']),
  phrase('redirect', 2, 10, ['route'], ['other'], ['call', 'act'], ['this', 'instead']),
  phrase('shadow', 3, 12, ['name'], ['changed'], ['must']),
  phrase('shadow', 1, 4, ['other'], ['call'], ['name']),
  phrase('redirect', 3, 9, ['call'], ['name'], ['must'], ['this']),
  phrase('redirect', 1, 4, ['deny'], ['call'], ['name']),
  phrase('redirect', 2, 7, ['deny'], ['call'], ['other'], ['tool']),
  phrase('redirect', 2, 9, ['deny'], ['call'], ['name'], ['deprecated']),
  phrase('redirect', 2, 8, ['other'], ['must'], ['deny'], ['call']),
  phrase('redirect', 1, 4, ['name'], ['deprecated']),
  phrase('superiority', 2, 9, ['must'], ['prefer', 'call'], ['over'], ['tool', 'name', 'other']),
  phrase('superiority', 1, 8, ['prefer'], ['this'], ['over', 'tool']),
  loose('superiority', 1, 4, ['call'], ['only'], ['this']),
  phrase('acclaim', 1, 8, ['this'], ['best'], ['best', 'tool']),
  phrase('acclaim', 1, 8, ['this'], ['only'], ['best']),
  phrase('acclaim', 1, 3, ['only'], ['best']),
  // Data that goes where the call does not need it.
  phrase('hand-over', 3, 16, ['read'], ['path'], ['put', 'send']),
  phrase('hand-over', 3, 14, ['put'], ['talk', 'secret', 'path'], ['slot', 'code']),
  phrase('hand-over', 3, 14, ['put'], ['fetched'], ['slot']),
  phrase('hand-over', 2, 14, ['put'], ['fetched'], ['code']),
  phrase('hand-over', 3, 14, ['read'], ['secret'], ['put', 'send']),
  phrase('hand-over', 3, 8, ['must', 'called'], ['fetched'], ['path']),
  phrase('hand-over', 3, 6, ['put', 'send', 'tell'], ['your'], ['system', 'order']),
  phrase('hand-over', 3, 14, ['talk', 'path', 'order'], ['put'], ['slot', 'code']),
  loose('hand-over', 2, 10, ['put', 'send'], ['talk'], ['other', 'fetched', 'model', 'previous']),
  loose('hand-over', 2, 9, ['read'], ['path']),
  loose('exfiltrate', 3, 12, ['send'], ['talk', 'secret', 'token', 'path'], ['url', 'mail']),
  phrase('exfiltrate', 2, 6, ['must'], ['sent'], ['mail', 'url']),
  loose('exfiltrate', 2, 9, ['send'], ['secret', 'token', 'path', 'talk'], ['fetched', 'previous', 'other']),
  phrase('exfiltrate', 3, 12, ['sends', 'send'], ['gather'], ['talk', 'secret']),
  phrase('exfiltrate', 3, 10, ['mailing'], ['fetched', 'talk', 'secret', 'path'], ['mail', 'url']),
  phrase('exfiltrate', 2, 10, ['send'], ['url', 'mail']),
  phrase('hand-over', 3, 10, ['model'], ['repeat'], ['configured']),
  phrase('hand-over', 2, 10, ['ask', 'tell'], ['user'], ['secret']),
  // Values that are not what the user asked for.
  phrase('alter-argument', 2, 10, ['target', 'slot'], ['must'], ['swap']),
  phrase('alter-argument', 2, 10, ['swap'], ['target'], ['mail', 'url']),
  phrase('alter-argument', 2, 12, ['target', 'slot'], ['swap'], ['regardless']),
  loose('alter-argument', 2, 16, ['regardless'], ['must'], ['swap']),
  phrase('alter-argument', 2, 12, ['when'], ['swap'], ['target']),
  phrase('alter-argument', 3, 14, ['when', 'must'], ['swap'], ['target'], ['value', 'mail', 'url']),
  phrase('alter-argument', 3, 12, ['regardless'], ['asked'], ['target']),
  phrase('no-consent', 3, 12, ['put'], ['deny'], ['asked']),
  phrase('no-consent', 3, 14, ['send', 'sent', 'put'], ['deny'], ['ask']),
  phrase('no-consent', 2, 6, ['skip', 'deny'], ['ask'], ['user']),
  phrase('no-consent', 2, 6, ['user'], ['skip'], ['skip', 'ask']),
  phrase('no-consent', 1, 4, ['skip', 'deny'], ['ask']),
  // Speaking to the model rather than of the tool.
  phrase('addressed', 2, 5, ['order', 'note'], ['cause'], ['model']),
  phrase('addressed', 2, 3, ['model'], ['order', 'note']),
  phrase('addressed', 2, 8, ['model'], ['must', 'should'], ['obey']),
  phrase('addressed', 1, 6, ['model'], ['must', 'should']),
  phrase('addressed', 2, 5, ['other'], ['reply'], ['must']),
  phrase('pretext', 1, 5, ['cause'], ['pretext']),
  phrase('pretext', 1, 4, ['cause'], ['reason']),
  phrase('pretext', 1, 6, ['wise'], ['call', 'tool'], ['wise']),
  // Paths and addresses that most tools have no use for.
  phrase('sensitive-path', 1, 1, ['path']),
  phrase('external-url', 1, 1, ['url', 'mail']),
  phrase('persist', 2, 10, ['put'], ['path']),
  phrase('persist', 1, 3, ['future'], ['talk', 'act', 'call']),
  phrase('shell', 3, 12, ['download'], ['interpreter']),
  phrase('shell', 2, 4, ['download'], ['url']),
  phrase('shell', 2, 16, ['model'], ['must', 'should'], ['url']),
  phrase('shell', 2, 8, ['first', 'must'], ['call'], ['installer']),
  // Running something else on the way.
  phrase('run-other', 1, 9, ['call'], ['name'], ['first']),
  phrase('run-other', 2, 12, ['call'], ['name'], ['put'], ['fetched']),
  phrase('run-other', 2, 10, ['call'], ['name'], ['path', 'secret', 'talk']),
];
