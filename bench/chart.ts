import type { Row } from './figures.ts';

const WIDTH = 880;
const LEFT = 320;
const RIGHT = 110;
const BAR = 12;
const GAP = 3;
const GROUP = 16;
const TOP = 74;

/** Readable on light and dark pages: the text takes the page's colour, the bars have contrast on both. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .note, .axis { font-size: 11px; fill: #59636e; }
  .ours { fill: #1a7f64; } .ledger { fill: #64c2a6; } .other { fill: #8c959f; } .grid { stroke: #8c959f; stroke-opacity: 0.3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .note, .axis { fill: #9198a1; } .ours { fill: #2fb893; } .ledger { fill: #1d6b56; } .other { fill: #6e7781; }
  }`;

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A round number of about a fifth of the axis. */
function stepOf(max: number): number {
  const rough = max / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
}

function bar(row: Row, y: number, scale: number): string {
  let x = LEFT;
  const segments = row.parts.map((part, index) => {
    const width = Math.max(part.cpuUsPerCall * scale, 0.5);
    const colour = row.target.startsWith('sallyport') ? (index === 0 ? 'ours' : 'ledger') : 'other';
    const title = `<title>${escape(`${part.name}: ${Math.round(part.cpuUsPerCall)} µs`)}</title>`;
    const rect = `<rect class="${colour}" x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}">${title}</rect>`;
    x += width;
    return rect;
  });
  const middle = y + BAR - 2;
  return [
    `<text class="axis" x="${LEFT - 8}" y="${middle}" text-anchor="end">${row.connections}</text>`,
    ...segments,
    `<text class="axis" x="${(x + 6).toFixed(1)}" y="${middle}">${Math.round(row.cpuUsPerCall).toLocaleString('en')} µs</text>`,
  ].join('\n');
}

/** CPU per call of every target, one bar for each number of connections; Sallyport's parts are stacked. */
export function chart(rows: readonly Row[], caption: string): string {
  const shown = rows.filter((row) => row.parts.length > 0);
  const max = Math.max(1, ...shown.map((row) => row.cpuUsPerCall));
  const scale = (WIDTH - LEFT - RIGHT) / max;
  const groups = Map.groupBy(shown, (row) => row.label);
  const parts: string[] = [];
  let y = TOP;
  let transport = shown[0]?.transport;
  for (const [label, members] of groups) {
    if (members[0]?.transport !== transport) {
      transport = members[0]?.transport;
      parts.push(`<text class="note" x="12" y="${y + 10}">TLS 1.3 from the client</text>`);
      y += BAR + GROUP;
    }
    const height = members.length * (BAR + GAP);
    parts.push(`<text x="${LEFT - 40}" y="${y + height / 2 + 3}" text-anchor="end">${escape(label)}</text>`);
    for (const row of members) {
      parts.push(bar(row, y, scale));
      y += BAR + GAP;
    }
    y += GROUP;
  }
  const step = stepOf(max);
  const ticks = Array.from({ length: Math.floor(max / step) + 1 }, (_, index) => index * step).map((value) => {
    const x = (LEFT + value * scale).toFixed(1);
    const label = `<text class="axis" x="${x}" y="${TOP - 14}" text-anchor="middle">${value.toLocaleString('en')}</text>`;
    return `<line class="grid" x1="${x}" x2="${x}" y1="${TOP - 8}" y2="${y - GROUP}"/>${label}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 4}" width="${WIDTH}" height="${y + 4}" role="img" aria-label="CPU per call">`,
    `<style>${STYLE}</style>`,
    '<text class="title" x="12" y="22">CPU per tools/call, microseconds (shorter is better)</text>',
    `<text class="note" x="12" y="40">${escape(caption)}</text>`,
    ...ticks,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
