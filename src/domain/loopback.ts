/** Whether a host name means this very machine, whatever answers DNS: what is sent there never is on a network. IPv6 with or without brackets. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(hostname);
}
