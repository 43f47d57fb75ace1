import { LIMITS } from '../domain/limits.ts';
import type { Role } from '../domain/role.ts';
import { METRICS, type MetricInfo, type MetricName } from './catalogue.ts';

/** What one role counts and measures, and the text that Prometheus reads of it. */
export interface Metrics {
  /** Whether anybody can read them; while nobody can, nothing is counted, so that it costs nothing. */
  readonly isRead: boolean;
  follow(isRead: boolean): void;
  /** Adds to a counter. Labels in the order of the catalogue. */
  count(name: MetricName, labels?: readonly string[], by?: number): void;
  /** One value of a histogram. */
  observe(name: MetricName, labels: readonly string[], value: number): void;
  /** Read when somebody asks: the value, or one for each set of labels. */
  read(name: MetricName, read: () => Reading | Promise<Reading>): void;
  /** Prometheus text exposition format, version 0.0.4. A reading that fails is left out. Never rejects. */
  text(): Promise<string>;
}

type Reading = number | readonly (readonly [labels: readonly string[], value: number])[];
type Reader = Parameters<Metrics['read']>[1];

/** A counter has `sum` alone; a histogram what fell into each bucket, and all of it. */
interface Series {
  readonly labels: readonly string[];
  sum: number;
  count: number;
  readonly buckets: number[];
}

interface Family {
  readonly name: MetricName;
  readonly info: MetricInfo;
  readonly series: Map<string, Series>;
}

const OTHER = 'other';
const SEPARATOR = '\u0000';

export function createMetrics(role: Role, node: string): Metrics {
  let isRead = true;
  const families = new Map<MetricName, Family>();
  const readers = new Map<MetricName, Reader>();
  for (const [name, info] of Object.entries(METRICS)) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table are its names
    if (info.roles.includes(role)) families.set(name as MetricName, { name: name as MetricName, info, series: new Map() });
  }
  const seriesOf = (name: MetricName, labels: readonly string[]): Series | undefined => {
    const family = families.get(name);
    if (family === undefined) return undefined;
    const key = labels.length === 1 ? (labels[0] ?? '') : labels.join(SEPARATOR);
    return family.series.get(key) ?? open(family, key, labels);
  };
  const open = (family: Family, key: string, labels: readonly string[]): Series | undefined => {
    if (family.series.size >= LIMITS.metricSeriesMax && labels.some((label) => label !== OTHER)) {
      // What grows without end must cost nobody memory: what is new is counted together.
      count('sallyport_metric_series_folded_total', []);
      return seriesOf(family.name, labels.map(() => OTHER));
    }
    const series: Series = { labels, sum: 0, count: 0, buckets: (family.info.buckets ?? []).map(() => 0) };
    family.series.set(key, series);
    return series;
  };
  const count: Metrics['count'] = (name, labels = [], by = 1) => {
    if (!isRead) return;
    const series = seriesOf(name, labels);
    if (series !== undefined) series.sum += by;
  };
  readers.set('sallyport_role_info', () => [[[role, node], 1]]);
  readers.set('process_cpu_seconds_total', () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6);
  readers.set('process_resident_memory_bytes', () => process.memoryUsage.rss());
  readers.set('process_start_time_seconds', () => Math.round(performance.timeOrigin / 1_000));
  return {
    get isRead() {
      return isRead;
    },
    follow: (next) => void (isRead = next),
    count,
    observe(name, labels, value) {
      if (!isRead) return;
      const series = seriesOf(name, labels);
      const bounds = families.get(name)?.info.buckets;
      if (series === undefined || bounds === undefined) return;
      series.sum += value;
      series.count += 1;
      const at = bounds.findIndex((bound) => value <= bound);
      if (at >= 0) series.buckets[at] = (series.buckets[at] ?? 0) + 1;
    },
    read: (name, read) => void readers.set(name, read),
    text: async () => (await Promise.all([...families.values()].map((family) => textOf(family, readers.get(family.name))))).join(''),
  };
}

async function textOf({ name, info, series }: Family, reader: Reader | undefined): Promise<string> {
  const head = `# HELP ${name} ${info.help}\n# TYPE ${name} ${info.type}\n`;
  if (info.type === 'histogram') return head + [...series.values()].map((one) => histogramText(name, info, one)).join('');
  const known = reader === undefined ? [...series.values()].map(({ labels, sum }) => [labels, sum] as const) : await readingOf(reader);
  // A counter that never counted is 0: a rule over what never happened must be no gap.
  const values = known.length === 0 && info.labels.length === 0 && reader === undefined ? [[[], 0] as const] : known;
  return head + values.map(([labels, value]) => `${name}${labelText(info.labels, labels)} ${numberText(value)}\n`).join('');
}

async function readingOf(reader: Reader): Promise<Exclude<Reading, number>> {
  try {
    const value = await reader();
    return typeof value === 'number' ? [[[], value]] : value;
  } catch {
    return [];
  }
}

function histogramText(name: string, info: MetricInfo, { labels, sum, count, buckets }: Series): string {
  let below = 0;
  const lines = (info.buckets ?? []).map((bound, at) => {
    below += buckets[at] ?? 0;
    return `${name}_bucket${labelText([...info.labels, 'le'], [...labels, String(bound)])} ${below}\n`;
  });
  const all = labelText(info.labels, labels);
  const last = `${name}_bucket${labelText([...info.labels, 'le'], [...labels, '+Inf'])} ${count}\n`;
  return `${lines.join('')}${last}${name}_sum${all} ${numberText(sum)}\n${name}_count${all} ${count}\n`;
}

function labelText(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return '';
  return `{${names.map((name, at) => `${name}="${(values[at] ?? '').replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`).join(',')}}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}
