/** The version that a requirement means where it can mean one only: `1.2.3`, `==1.2.3`, `=1.2.3`, `v1.2.3`. */
export function exactVersion(said: string): string | undefined {
  return /^(?:={1,3}\s*|v)?(\d+(?:\.\d+)*(?:[-+.]?[\w.]+)?)$/.exec(said.trim())?.[1];
}
