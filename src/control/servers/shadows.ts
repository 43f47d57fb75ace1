import type { Surface } from '../../domain/server.ts';
import { findShadows } from '../../registry/shadow.ts';
import type { ShadowFinding } from '../../registry/shadow.ts';
import type { Rows } from '../../store/store.ts';
import { readDetectInForce } from '../detect/settings.ts';
import { listStored } from '../stored.ts';
import { asSet } from './definitions.ts';
import type { ServerFinding } from './schema.ts';

/** What of a server's surface imitates or names the approved servers of its space. Whatever can be approved is compared, also what drifted. */
export async function shadowsOf(rows: Rows, space: string, id: string): Promise<(surface: Surface) => readonly ServerFinding[]> {
  const neighbours = (await listStored(rows, 'baseline', space)).map((other) => ({ id: other.id, surface: other.body.surface }));
  const settings = await readDetectInForce(rows, space);
  return (surface) => asSet(settings, id, findShadows({ id, surface }, neighbours).map(toFinding));
}

function toFinding({ rule, severity, tool, message }: ShadowFinding): ServerFinding {
  return { rule, severity: severity === 'low' ? 'info' : 'warn', item: tool, message };
}
