import { LIMITS } from './limits.ts';

/** What is wrong with a person's text, a line or two each and no more than they read at once; the rest is counted. */
export function tellComplaints<T>(complaints: readonly T[], tell: (complaint: T) => string): string {
  const rest = complaints.length - LIMITS.complaintsShownMax;
  const told = complaints.slice(0, LIMITS.complaintsShownMax).map((complaint) => tell(complaint));
  return [...told, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
}
