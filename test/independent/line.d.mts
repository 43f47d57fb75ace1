export function readLine(line: string): { readonly position: number; readonly entry: Buffer; readonly proven: boolean };
