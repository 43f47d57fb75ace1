/** Random numbers that a failing run can be repeated with: the seed is printed, and taken from SALLYPORT_SEED. */
export function seeded(name: string): () => number {
  const seed = Number(process.env['SALLYPORT_SEED'] ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  console.log(`${name}: SALLYPORT_SEED=${seed}`);
  let state = seed >>> 0;
  // mulberry32
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
