import { digestOfText } from './parse.ts';

/** A Cedar string literal of any text, so that no name can end a literal and go on as policy. */
export function quote(text: string): string {
  const escaped = text.replaceAll(/["\\]/g, (character) => `\\${character}`);
  return `"${escaped.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)}"`;
}

/** `Type::"id"`. */
export function entity(type: string, id: string): string {
  return `${type}::${quote(id)}`;
}

/** `["a", "b"].contains(<attribute>)`. */
export function oneOf(words: readonly string[], attribute: string): string {
  return `[${words.map(quote).join(', ')}].contains(${attribute})`;
}

/** A name as a part of a policy id: itself where it may stand there, else its digest. */
export function idPart(name: string): string {
  return /^[\w.-]{1,48}$/.test(name) ? name : digestOfText(name).slice(0, 12);
}

/** Who something is for: `group`, `agent` or `principal`, and its name. */
export type Grantee = { readonly group: string } | { readonly agent: string } | { readonly principal: string };

export function granteeId(to: Grantee): string {
  if ('group' in to) return `group:${idPart(to.group)}`;
  return 'agent' in to ? `agent:${idPart(to.agent)}` : `principal:${idPart(to.principal)}`;
}

/** The principal scope of a grantee, and the condition that says the rest. */
export function granteeScope(to: Grantee): { readonly scope: string; readonly conditions: readonly string[] } {
  if ('group' in to) return { scope: `principal in ${entity('Group', to.group)}`, conditions: [] };
  const condition = 'agent' in to ? `principal.agent == ${quote(to.agent)}` : `principal.id == ${quote(to.principal)}`;
  return { scope: 'principal', conditions: [condition] };
}

export interface PolicyText {
  readonly id: string;
  readonly remarks?: Readonly<Record<string, string>>;
  readonly effect: 'permit' | 'forbid';
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly when?: readonly string[];
}

/** Writes one policy. Scopes and conditions are Cedar text; id and remarks are plain. */
export function writePolicy({ id, remarks = {}, effect, principal, action, resource, when = [] }: PolicyText): string {
  const annotations = Object.entries({ id, ...remarks }).map(([name, value]) => `@${name}(${quote(value)})`);
  const condition = when.length === 0 ? '' : ` when { ${when.join(' && ')} }`;
  return `${annotations.join(' ')}\n${effect} (${principal}, ${action}, ${resource})${condition};\n`;
}

/** `action == Action::"x"` or `action in […]`. */
export function actionScope(actions: readonly string[]): string {
  const [only, ...others] = actions;
  if (only !== undefined && others.length === 0) return `action == ${entity('Action', only)}`;
  return `action in [${actions.map((action) => entity('Action', action)).join(', ')}]`;
}
