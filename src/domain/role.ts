/** The processes of Sallyport (segmentation: a break-in stays in one room), and the people's side that asks control. */
export const ROLES = ['gateway', 'control', 'ledger', 'runner', 'egress'] as const;
export type Role = (typeof ROLES)[number];
