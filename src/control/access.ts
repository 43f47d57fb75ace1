/**
 * What a request to the control API amounts to. Closed: a route without one of these does not compile, and each is a Cedar
 * action (`admin_<access>`), so that an organisation's own policies can forbid it.
 *
 * `self`: about the asking administrator alone. `read`: see the configuration. `change`: change it. `approve`: let a server,
 * exception or proposal through. `audit`: read the journal. `investigate`: work on an incident. `stop`: kill switches,
 * quarantine, revocation. `govern`: who may administer, who the people are, who issues tokens. `seal`: what the custodians
 * of the break-glass do, who prove themselves in the request. `observe`: say what was seen outside the gate, as sensors and watchers
 * do. `protect`: seal, unseal, restore, baseline and enforce the files that tell agents what they can do.
 */
export const ACCESSES = ['self', 'read', 'change', 'approve', 'audit', 'investigate', 'stop', 'govern', 'seal', 'observe', 'protect'] as const;
export type Access = (typeof ACCESSES)[number];
