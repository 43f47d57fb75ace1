import type { Action } from '../domain/decision.ts';
import type { PolicySource } from './compile.ts';
import type { Grantee } from './quote.ts';
import { actionScope, entity, granteeScope, idPart, quote, writePolicy } from './quote.ts';

/** Something let through for a reason and a time. It permits; a forbid still stands above it. */
export interface CallException {
  readonly id: string;
  readonly scope: { readonly server: string; readonly tool?: string | undefined; readonly action?: Action | undefined; readonly to: Grantee };
  readonly reason: string;
  readonly owner: string;
  readonly approver: string;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/**
 * Compiles exceptions to Cedar. The end stands in the policy's condition, so an exception ends on the minute in every
 * gateway, whether or not a new snapshot arrives; one that has ended by `now` is left out.
 */
export function compileExceptions(exceptions: readonly CallException[], file: string, now: number): readonly PolicySource[] {
  return exceptions.filter(({ expiresAt }) => expiresAt > now).map((exception) => ({ file, text: writeException(exception), at: { line: 1, column: 1 } }));
}

function writeException({ id, scope, reason, owner, approver, expiresAt }: CallException): string {
  const grantee = granteeScope(scope.to);
  const expires = new Date(expiresAt).toISOString();
  const target = scope.tool === undefined ? `resource in ${entity('Server', scope.server)}` : `resource == ${entity('Tool', `${scope.server}/${scope.tool}`)}`;
  const actions = scope.action ?? (scope.tool === undefined ? undefined : 'call_tool');
  return writePolicy({
    id: `exception:${idPart(id)}`,
    remarks: { reason, owner, approver, expires },
    effect: 'permit',
    principal: grantee.scope,
    action: actions === undefined ? 'action' : actionScope([actions]),
    resource: target,
    when: [...grantee.conditions, `context.now < datetime(${quote(expires)})`],
  });
}
