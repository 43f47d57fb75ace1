import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { asNow } from '../admins/standing.ts';
import { viewFor } from '../audit/people.ts';
import type { Control } from '../control.ts';
import { every } from '../every.ts';
import { route } from '../route.ts';
import type { Admin, Answer, Route } from '../route.ts';
import { LIVE } from './answer.ts';
import type { Live } from './answer.ts';
import type { View } from './hub.ts';
import { tellLive } from './stream.ts';

export const liveRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/live', summary: 'What changes while one looks on: which answers may be others now, and to auditors each record',
    access: 'read', reach: 'space', streams: 'events', answer: LIVE,
    act: async ({ admin, space, signal }, control) => listen(admin, space, signal, control),
  }),
];

interface Standing {
  readonly roles: readonly string[];
  readonly view: View | undefined;
}

async function listen(admin: Admin, space: string, left: AbortSignal, control: Control): Promise<Answer> {
  const leave = control.live.enter(admin.id);
  // A stream that nobody begins to read has no end of its own.
  left.addEventListener('abort', leave, { once: true });
  return follow(admin, { space, left, leave, standing: await standingOf(admin, space, control) }, control);
}

interface Following {
  readonly space: string;
  readonly left: AbortSignal;
  readonly leave: () => void;
  readonly standing: Standing;
}

async function* follow(admin: Admin, { space, left, leave, standing: first }: Following, control: Control): AsyncGenerator<Live> {
  const over = new AbortController();
  let standing = first;
  const end = every(LIMITS.standingStreamMs / 2, async () => {
    const now = await asNow(admin, control);
    // That it has ended is seen by whoever let it begin.
    if (now === undefined) return;
    const is = await standingOf(now, space, control);
    if (is.roles.join() !== standing.roles.join() || (is.view === undefined) !== (standing.view === undefined)) over.abort(anew());
    standing = is;
  }, () => over.abort(anew()));
  try {
    const signal = AbortSignal.any([left, over.signal]);
    yield* tellLive(control.live, { id: admin.id, space, roles: first.roles, view: () => standing.view, signal, now: control.now });
  } finally {
    leave();
    await end();
  }
}

/** Records are for auditors, and people in them under the names under which that auditor may see them. */
async function standingOf(admin: Admin, space: string, control: Control): Promise<Standing> {
  const decision = await control.admins.decide(admin, { access: 'audit', space, part: 'audit' });
  const view = decision.outcome === 'allow' ? await viewFor(control, admin, space, false) : undefined;
  return { roles: await control.admins.rolesOf(admin, space), view };
}

function anew(): SallyportError {
  return new SallyportError('ERR_CONFLICT', 'what you may do here has changed', { remedy: 'Open it again.' });
}
