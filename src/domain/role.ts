/** The processes of a gate (segmentation: a break-in stays in one room). */
export const GATE_ROLES = ['gateway', 'control', 'ledger', 'runner', 'egress'] as const;
export type GateRole = (typeof GATE_ROLES)[number];

/** All that prove who they are on links: those, and sensors on hosts that have no other part of Sallyport. */
export const ROLES = [...GATE_ROLES, 'sensor'] as const;
export type Role = (typeof ROLES)[number];
