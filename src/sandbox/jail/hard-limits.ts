import { readFileSync } from 'node:fs';

/** This process's hard limits by the kernel's names (`Max open files`), infinite where there are none: what it starts can only have less. */
export function hardLimits(): (name: string) => number {
  const lines = readFileSync('/proc/self/limits', 'utf8').split('\n');
  return (name) => {
    const hard = lines.find((line) => line.startsWith(name))?.slice(26).trim().split(/\s+/)[1];
    return hard === undefined || hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
  };
}
