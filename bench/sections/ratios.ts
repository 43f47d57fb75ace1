import type { Figure, Row } from '../figures.ts';

const PEERS = ['mcp-proxy', 'supergateway', 'civic'];

function rowOf(rows: readonly Row[], target: string, connections: number): Row | undefined {
  return rows.find((row) => row.target === target && row.connections === connections);
}

/** What the issue asks of a governed call, out of the rows of this run. */
export function ratios(rows: readonly Row[]): Figure[] {
  const figures: Figure[] = [];
  for (const connections of [16, 64]) {
    const [ours, floor] = [rowOf(rows, 'sallyport', connections), rowOf(rows, 'hop', connections)];
    if (ours === undefined) continue;
    const at = `at ${connections} connections`;
    if (floor !== undefined) {
      const value = ours.cpuUsPerCall / floor.cpuUsPerCall;
      figures.push({ section: 'governed call', name: `CPU of the hop's, ${at}`, value, unit: '×', target: '≤ 3 ×', met: value <= 3 });
    }
    const blind = rowOf(rows, 'sallyport-blind', connections);
    if (blind !== undefined) {
      const value = (ours.cpuUsPerCall - blind.cpuUsPerCall) / 1000;
      figures.push({ section: 'governed call', name: `CPU that detectors add, ${at}`, value, unit: 'ms', target: '≤ 1 ms', met: value <= 1 });
    }
    const best = Math.min(...PEERS.flatMap((peer) => rowOf(rows, peer, connections)?.cpuUsPerCall ?? []));
    if (Number.isFinite(best)) {
      const value = ours.cpuUsPerCall / best;
      figures.push({ section: 'governed call', name: `CPU of the best peer's, ${at}`, value, unit: '×', target: '≤ 0.33 ×', met: value <= 1 / 3 });
    }
  }
  const [one, alone] = [rowOf(rows, 'sallyport', 1), rowOf(rows, 'direct', 1)];
  if (one !== undefined && alone !== undefined) {
    const value = one.p50Ms - alone.p50Ms;
    figures.push({ section: 'governed call', name: 'added p50 at 1 connection', value, unit: 'ms', target: '≤ 0.6 ms', met: value <= 0.6 });
  }
  return figures;
}
