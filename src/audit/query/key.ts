/** 2020: from then on, milliseconds and twelve more bits fit into a number for fifty years. */
const EPOCH = 1_577_836_800_000;
const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7([0-9a-f]{3})-[0-9a-f]{4}-[0-9a-f]{12}$/;
const HEX = /^[0-9a-f]{12,}$/;

/**
 * By what an id is found in the index: a number of at most 53 bits. A UUIDv7 becomes its time and its next twelve bits, so that
 * ids of one time lie together. Two ids may have the same: the record itself is looked at.
 */
export function keyOf(id: string): number {
  const [, high = '', low = '', more = ''] = UUID_V7.exec(id) ?? [];
  const since = high === '' ? -1 : Number.parseInt(high + low, 16) - EPOCH;
  if (since >= 0 && since < 2 ** 41) return since * 4096 + Number.parseInt(more, 16);
  return HEX.test(id) ? Number.parseInt(id.slice(0, 12), 16) : Bun.hash.xxHash32(id);
}
