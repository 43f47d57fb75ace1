import { SallyportError } from '../domain/errors.ts';
import type { Server } from '../domain/server.ts';
import type { PolicySource } from './compile.ts';
import type { Grantee } from './quote.ts';
import { actionScope, entity, granteeId, granteeScope, idPart, quote, writePolicy } from './quote.ts';

const DAY_MS = 24 * 60 * 60_000;
export const LEARN_MS_MAX = 14 * DAY_MS;

export interface Learning {
  readonly server: Server;
  readonly to: Grantee;
  readonly owner: string;
  /** Epoch ms; at most 14 days after `now`. */
  readonly until: number;
  readonly now: number;
}

/**
 * Writes the policy of a learning period: visible, expiring, and never wider than reads and writes that an administrator
 * confirmed. Destroying, executing, communicating and transacting stay denied. Throws `ERR_REQUEST_INVALID` for a longer
 * or past period.
 */
export function writeLearning({ server, to, owner, until, now }: Learning): PolicySource {
  if (!(until > now && until <= now + LEARN_MS_MAX)) {
    throw new SallyportError(
      'ERR_REQUEST_INVALID',
      'A learning period ends within 14 days.',
      { remedy: 'Give an earlier --until, then run: sallyport policy suggest --since 14d --as permits' },
    );
  }
  const grantee = granteeScope(to);
  const expires = new Date(until).toISOString();
  const conditions = [...grantee.conditions, `context.now < datetime(${quote(expires)})`];
  const id = `learn:${idPart(server.id)}:${granteeId(to)}`;
  const remarks = { reason: 'learning period', owner, expires };
  const inServer = `resource in ${entity('Server', server.id)}`;
  const permit = (part: string, actions: readonly string[], resource: string, more: readonly string[] = []): string =>
    writePolicy({
      id: `${id}:${part}`,
      remarks,
      effect: 'permit',
      principal: grantee.scope,
      action: actionScope(actions),
      resource,
      when: [...conditions, ...more],
    });
  const confirmed = (server.baseline?.surface.tools ?? []).filter((tool) => tool.confirmed && tool.effect === 'write');
  const texts = [
    permit('session', ['read_only', 'session'], inServer),
    permit('reads', ['call_tool'], inServer, ['resource.effect == "read"']),
    ...confirmed.map((tool) => permit(
      `write:${idPart(tool.name)}`,
      ['call_tool'],
      `resource == ${entity('Tool', `${server.id}/${tool.name}`)}`,
      ['resource.effect == "write"'],
    )),
  ];
  return { file: `learn/${server.id}`, text: texts.join('\n'), at: { line: 1, column: 1 } };
}
