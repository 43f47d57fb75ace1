import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

/** What somebody who was in leaves behind for others: files in a role's place, keys under two names, differences that hide, tokens that nothing bounds. */
export const LEFT_BEHIND: readonly Switch[] = [
  ...switches('src/recovery/order.ts', 'src/recovery/order.test.ts', [
    ['keys by their bytes', 'one signer, a forged one', "Buffer.from(keys[by] ?? '', 'base64').toString('hex')", 'keys[by]'],
  ]),
  ...switches('src/registry/backup-shape.ts', 'src/recovery/order.test.ts', [
    ['one text for a key', 'one signer, a forged one', '{42}[AEIMQUYcgkosw048]=$', '{43}=$'],
  ]),
  ...switches('src/control/backups/restored.ts', 'src/control/backups/restored.test.ts', [
    ['machines after a restore', 'a machine that comes back', "kind === 'link-node'", "kind === 'link'"],
  ]),
  ...switches('src/control/configuration/weigh.ts', 'src/control/configuration/rollback.test.ts', [
    ['what is started weighs', 'what is started is more', '&& !REACHED.test(path)', ''],
  ]),
  ...switches('src/control/configuration/rollback.ts', 'src/control/configuration/rollback.test.ts', [
    ['tokens of agents that go', 'an agent that a rollback takes', "kind === 'agent') await", "kind === 'binding') await"],
    ['approvals by a rollback', 'who may not approve a server', 'isApproved(change) && !isApproved(', 'isApproved(change) && isApproved('],
  ]),
  ...switches('src/control/configuration/differences.ts', 'src/control/configuration/rollback.test.ts', [
    ['names of policies in differences', 'a policy that is named like', 'name === undefined, name ?? place', 'name ?? place'],
  ]),
  ...switches('src/control/configuration/leaves.ts', 'src/control/configuration/rollback.test.ts', [
    ['what differs is shown', 'a long policy that differs', 'Math.max(0, same - CONTEXT_CHARS)', 'Math.min(0, same - CONTEXT_CHARS) * 0'],
  ]),
  ...switches('src/link/published.ts', 'src/roles/planted.test.ts', [
    ['pipes for keys', 'a pipe, a device or a link', '| constants.O_NONBLOCK', ''],
    ['links for keys', 'a pipe, a device or a link', '| constants.O_NOFOLLOW', ''],
  ]),
  ...switches('src/control/needs.ts', 'src/roles/planted.test.ts', [
    ['the size of needs', 'a pipe where control says', 'LIMITS.jailNeedsBytesMax', '1e9'],
  ]),
  ...switches('src/link/place.ts', 'src/roles/planted.test.ts', [
    ['links in a place', 'a link in a listener', '?.isSymbolicLink() === true', '?.isFIFO() === true'],
  ]),
  ...switches('src/roles/up-jail.ts', 'src/roles/planted.test.ts', [
    ['what a listener shows stays', 'in its jail a listener can put no link', '...shownToOthers(role, home).map(written),', ''],
  ]),
  ...switches('src/roles/supervised.ts', 'src/roles/planted.test.ts', [
    ['the length of what roles say', 'what a role says is one line', '.slice(-SAID_CHARS_MAX)', ''],
    ['readiness once', 'what a role says is one line', 'else if (!isReady) {', 'else {'],
  ]),
];
