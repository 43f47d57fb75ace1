import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { number, objects, part, text } from './json-view.ts';
import { plain, table, time } from './terminal.ts';

/** All that a person must see of a server before approving: the exact way to it, what it offers, and what was found. */
export function describeServer(server: Json, effects: Readonly<Record<string, string>> = {}): string {
  const surface = part(server, 'candidate') ?? part(server, 'baseline');
  const digest = text(part(server, 'candidate', 'digest') ?? part(server, 'digest'));
  return [
    describeFacts(server, digest),
    surface === undefined ? '' : `\n${describeTools(objects(part(surface, 'tools')), effects)}`,
    describeOthers(surface),
    describeFindings(objects(part(server, 'findings'))),
  ].join('');
}

function describeFacts(server: Json, digest: string): string {
  const approvedAt = part(server, 'approvedAt');
  return table(['server', text(part(server, 'id'))], [
    ['status', `${text(part(server, 'status'))}${part(server, 'reason') === undefined ? '' : `: ${text(part(server, 'reason'))}`}`],
    ['reached at', text(part(server, 'endpoint'))],
    ...describePackage(part(server, 'package')),
    ...describeLaunch(part(server, 'launch')),
    ['owner', text(part(server, 'owner'))],
    ['hosting, tier', `${text(part(server, 'hosting'))}, ${text(part(server, 'tier'))}`],
    ...(part(server, 'vendor') === undefined ? [] : [['vendor', text(part(server, 'vendor'))]]),
    [
      'labels',
      [
        text(part(server, 'labels', 'confidentiality')), text(part(server, 'labels', 'categories')), text(part(server, 'labels', 'integrity')),
      ].filter((one) => one !== '').join(', '),
    ],
    ['credentials', describeCredentials(server)],
    ...(part(server, 'segment') === undefined ? [] : [['segment', [
      text(part(server, 'segment', 'addresses')), text(part(server, 'segment', 'pods')),
    ].filter((one) => one !== '').join('\n')]]),
    ...(typeof approvedAt === 'number' ? [['approved', `${text(part(server, 'approvedBy'))}, ${time(approvedAt)}`]] : []),
    ...(digest === '' ? [] : [['digest', digest]]),
  ]);
}

function describePackage(pin: Json | undefined): readonly (readonly string[])[] {
  if (pin === undefined) return [];
  const declared = part(pin, 'declared');
  return [
    ['package', `${text(part(pin, 'ecosystem'))}:${text(part(pin, 'name'))} ${text(part(pin, 'version'))}`],
    ['runs from', `package store, ${text(part(pin, 'digest'))}`],
    ['declared as', Array.isArray(declared) ? declared.map(text).join(' ') : ''],
  ];
}

function describeLaunch(launch: Json | undefined): readonly (readonly string[])[] {
  if (launch === undefined) return [];
  const env = part(launch, 'env');
  return [
    ['environment', typeof env === 'object' && env !== null ? Object.entries(env).map(([name, value]) => `${name}=${text(value)}`).join('\n') : ''],
    ['processes', part(launch, 'shared') === true ? 'one, shared by everyone' : 'one for each principal, agent and credential'],
    ...describeSandbox(part(launch, 'sandbox')),
  ];
}

/** What the process may touch is what is approved: nothing of it is left out, not even what it may not. */
function describeSandbox(sandbox: Json | undefined): readonly (readonly string[])[] {
  if (sandbox === undefined) return [];
  const list = (name: string, nothing: string): string => {
    const found = part(sandbox, name);
    return Array.isArray(found) && found.length > 0 ? found.map(text).join('\n') : nothing;
  };
  const mebibytes = (name: string): string => `${number(part(sandbox, name)) / MEBIBYTE} MiB`;
  const cpu = part(sandbox, 'cpuShare');
  const lasting = (name: string, otherwise: number): string => exactly(number(part(sandbox, name) ?? otherwise));
  const secrets = part(sandbox, 'secretFiles');
  const files = typeof secrets === 'object' && secrets !== null ? Object.entries(secrets).map(([name, from]) => `${name}=${text(from)}`) : [];
  return [
    ['reads', list('reads', 'no folder but its package')],
    ['writes', list('writes', 'no folder')],
    ['reaches', list('network', 'no host')],
    ...(files.length === 0 ? [] : [['secrets as files', files.join('\n')]]),
    ['limits', [
      `memory ${mebibytes('memoryBytesMax')}, /tmp ${mebibytes('tmpBytesMax')}`,
      `${text(part(sandbox, 'processesMax'))} processes, ${text(part(sandbox, 'filesMax'))} open files each`,
      `runs ${lasting('wallMs', LIMITS.sandboxWallMs)}, idle ${lasting('idleMs', LIMITS.sandboxIdleMs)}`,
      ...(cpu === undefined ? [] : [`${text(cpu)} of a processor`]),
    ].join('\n')],
  ];
}

const MEBIBYTE = 1024 ** 2;

function exactly(ms: number): string {
  const [size, name] = ([[3_600_000, 'h'], [60_000, 'min']] as const).find(([one]) => ms % one === 0) ?? [1000, 's'];
  return `${ms / size} ${name}`;
}

function describeCredentials(server: Json): string {
  const type = text(part(server, 'credentials', 'type'));
  return type === 'header' ? `header ${text(part(server, 'credentials', 'header'))} from ${text(part(server, 'credentials', 'secret'))}` : type;
}

function describeTools(tools: readonly JsonObject[], effects: Readonly<Record<string, string>>): string {
  return table(['tool', 'effect', 'what it says'], tools.map((tool) => {
    const name = text(tool['name']);
    const given = Object.hasOwn(effects, name) ? effects[name] : undefined;
    const effect = given === undefined ? `${text(tool['effect'])}${tool['confirmed'] === true ? '' : ' (guess)'}` : `${given} (as you say)`;
    return [name, tool['dispatches'] === undefined ? effect : `${effect}, dispatcher`, text(tool['description'])];
  }));
}

function describeOthers(surface: Json | undefined): string {
  const lines = ['prompts', 'templates'].flatMap((kind) => {
    const names = objects(part(surface, kind)).map((one) => plain(text(one['name'])));
    return names.length === 0 ? [] : [`${kind}: ${names.join(', ')}`];
  });
  for (const page of objects(part(surface, 'pages'))) {
    lines.push(`page ${plain(text(page['name']))} declares ${plain(JSON.stringify(page['declares'] ?? []))}`);
  }
  const instructions = part(surface, 'instructions');
  if (typeof instructions === 'string') lines.push(`instructions: ${plain(instructions, true)}`);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function describeFindings(findings: readonly JsonObject[]): string {
  if (findings.length === 0) return '';
  const rows = findings.map((one) => [text(one['rule']), text(one['severity']), text(one['item']), text(one['message'])]);
  return `\n${table(['finding', 'severity', 'item', 'what it means'], rows)}`;
}
