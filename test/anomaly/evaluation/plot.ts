import { STRENGTHS } from '../generator/attacks/stage.ts';
import type { Figures, KindFigures } from './figures.ts';

const WIDTH = 880;
const LEFT = 150;
const RIGHT = 190;
const BAR = 9;
const GROUP = 12;
const TOP = 92;
const COLUMNS = 120;

/** Readable on light and dark pages, as the benchmark's chart is. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .note, .axis { font-size: 11px; fill: #59636e; }
  .quiet { fill: #64c2a6; } .plain { fill: #1a7f64; } .loud { fill: #0b4f3c; } .false { fill: #8c959f; }
  .grid { stroke: #8c959f; stroke-opacity: 0.3; } .chance { stroke: #cf222e; stroke-width: 2; } .limit { stroke: #cf222e; stroke-dasharray: 4 3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .note, .axis { fill: #9198a1; }
    .quiet { fill: #1d6b56; } .plain { fill: #2fb893; } .loud { fill: #9be8d0; } .false { fill: #6e7781; } .chance, .limit { stroke: #ff7b72; }
  }`;

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function duration(ms: number | undefined): string {
  if (ms === undefined) return 'never';
  if (ms < 90_000) return `${Math.round(ms / 1_000)} s`;
  return ms < 5_400_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

function axis(x: number, y: number, text: string): string {
  return `<text class="axis" x="${x.toFixed(1)}" y="${y}" text-anchor="middle">${text}</text>`;
}

function kindBars(figures: KindFigures, y: number): string {
  const scale = WIDTH - LEFT - RIGHT;
  const bars = STRENGTHS.map((strength, index) => {
    const { found, of } = figures.strengths[strength];
    const width = Math.max(0.5, (found / Math.max(1, of)) * scale);
    const rect = `x="${LEFT}" y="${y + index * BAR}" width="${width.toFixed(1)}" height="${BAR - 1}"`;
    return `<rect class="${strength}" ${rect}><title>${strength}: ${found} of ${of}</title></rect>`;
  });
  const chance = (LEFT + (figures.chance / figures.of) * scale).toFixed(1);
  return [
    `<text x="${LEFT - 10}" y="${y + 18}" text-anchor="end">${figures.kind}</text>`, ...bars,
    `<line class="chance" x1="${chance}" x2="${chance}" y1="${y - 1}" y2="${y + 3 * BAR}"><title>by chance: ${figures.chance} of ${figures.of}</title></line>`,
    `<text class="axis" x="${WIDTH - RIGHT + 12}" y="${y + 17}">${figures.found} of ${figures.of}, after ${duration(figures.medianDelayMs)}</text>`,
  ].join('\n');
}

function columns(figures: Figures, top: number): string[] {
  const max = Math.max(2 / 30, ...figures.falseByDay);
  const width = (WIDTH - LEFT - RIGHT) / figures.falseByDay.length;
  const bottom = top + COLUMNS;
  const limit = (bottom - (1 / 30 / max) * COLUMNS).toFixed(1);
  return [
    `<text x="12" y="${top - 14}">False findings a day and agent, by day of the month (dashed: one a month)</text>`,
    ...figures.falseByDay.map((value, day) => {
      const height = (value / max) * COLUMNS;
      const rect = `x="${(LEFT + day * width).toFixed(1)}" y="${(bottom - height).toFixed(1)}" width="${(width - 2).toFixed(1)}" height="${height.toFixed(1)}"`;
      return `<rect class="false" ${rect}><title>day ${day + 1}: ${value.toFixed(4)}</title></rect>`;
    }),
    `<line class="limit" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${limit}" y2="${limit}"/>`,
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}"/>`,
    ...[1, 8, 15, 22, 29].map((day) => axis(LEFT + (day - 0.5) * width, bottom + 15, String(day))),
    `<text class="axis" x="${LEFT - 10}" y="${top + 8}" text-anchor="end">${max.toFixed(3)}</text>`,
  ];
}

/** Found attacks by kind and strength, and false findings by day. */
export function plot(figures: Figures, caption: string): string {
  const height = 3 * BAR + GROUP;
  const middle = TOP + figures.kinds.length * height;
  const bottom = middle + 54 + COLUMNS + 30;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const x = LEFT + share * (WIDTH - LEFT - RIGHT);
    return `<line class="grid" x1="${x}" x2="${x}" y1="${TOP - 8}" y2="${middle - GROUP + 4}"/>${axis(x, TOP - 14, percent(share))}`;
  });
  const legend = STRENGTHS.map((strength, index) =>
    `<rect class="${strength}" x="${12 + index * 70}" y="49" width="10" height="10"/><text class="note" x="${26 + index * 70}" y="58">${strength}</text>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom}" width="${WIDTH}" height="${bottom}" role="img" aria-label="Anomaly detection">`,
    `<style>${STYLE}</style>`,
    '<text class="title" x="12" y="22">Planted attacks that were found, by kind and strength</text>',
    `<text class="note" x="12" y="40">${caption}</text>`,
    ...legend, '<text class="note" x="226" y="58">red: found by chance</text>',
    ...ticks, ...figures.kinds.map((kind, index) => kindBars(kind, TOP + index * height)), ...columns(figures, middle + 54), '</svg>', '',
  ].join('\n');
}
