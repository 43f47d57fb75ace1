/** What tokens for the control API are for: their one audience. */
export function apiUri(origin: string): string {
  return `${origin}/api/v1`;
}
