import type { Figure, Report, Row } from './figures.ts';

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = header.map((_, index) => (index === 0 ? '---' : '--:'));
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)}`;
}

function partsOf(row: Row): string {
  return row.parts.length < 2 ? '' : ` (${row.parts.map((part) => `${part.name} ${Math.round(part.cpuUsPerCall)}`).join(' + ')})`;
}

function ratio(row: Row, floor: Row | undefined): string {
  return floor === undefined || floor.cpuUsPerCall === 0 || row.parts.length === 0 ? '' : `${(row.cpuUsPerCall / floor.cpuUsPerCall).toFixed(1)}×`;
}

function callTable(rows: readonly Row[], floorName: string): string {
  const header = ['target', 'connections', 'CPU µs/call', 'of the hop', 'calls/s', 'p50 ms', 'p99 ms', 'RSS MiB'];
  return table(header, rows.map((row) => [
    row.label,
    String(row.connections),
    row.parts.length === 0 ? '–' : `**${Math.round(row.cpuUsPerCall)}**${partsOf(row)}`,
    ratio(row, rows.find((other) => other.target === floorName && other.connections === row.connections)),
    Math.round(row.callsPerSecond).toLocaleString('en'),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    row.parts.length === 0 ? '–' : mib(row.rssBytes),
  ]));
}

function figureTable(figures: readonly Figure[]): string {
  return table(['figure', 'measured', 'asked', 'met'], figures.map((figure) => [
    `${figure.section}: ${figure.name}`,
    `${figure.value < 10 ? figure.value.toFixed(2) : Math.round(figure.value).toLocaleString('en')} ${figure.unit}`,
    figure.target ?? '',
    figure.met === undefined ? '' : figure.met ? 'yes' : '**no**',
  ]));
}

/** The report for people: what was measured, how, and what could not be. */
export function markdown(report: Report, chart: string): string {
  const { machine, options } = report;
  const plain = report.rows.filter((row) => row.transport === 'plaintext');
  const tls = report.rows.filter((row) => row.transport === 'tls');
  const settings = Object.entries(options).map(([name, value]) => `${name} ${Array.isArray(value) ? value.join('/') : String(value)}`).join(', ');
  return [
    `# Benchmark of ${report.date}`,
    '',
    `Made by \`${report.command}\` at commit ${report.commit}. ${Object.entries(machine).map(([name, value]) => `${name} ${value}`).join(', ')}.`,
    `Settings: ${settings}. One run, targets interleaved round by round, medians of the rounds; every answer was checked against its own request.`,
    'CPU is user and system time of all processes of the target; a stdio child that plays the upstream is not counted.',
    '',
    `![CPU per call](${chart})`,
    '',
    '## Plaintext',
    '',
    callTable(plain, 'hop'),
    ...(tls.length === 0 ? [] : ['', '## TLS 1.3 from the client', '', callTable(tls, 'hop-tls')]),
    ...(report.figures.length === 0 ? [] : ['', '## What the issue asks', '', figureTable(report.figures)]),
    ...(report.absent.length === 0 ? [] : ['', '## Not measured', '', ...report.absent.map(({ name, reason }) => `- ${name}: ${reason}`)]),
    '',
  ].join('\n');
}
