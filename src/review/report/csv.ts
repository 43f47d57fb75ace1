import type { ReportedItem, ReviewReport } from './report.ts';

const COLUMNS = ['id', 'check', 'severity', 'title', 'kind', 'subject', 'server', 'owner', 'reviewers', 'answer', 'by', 'reason', 'remedy', 'note',
  'outlier'] as const;

/** A campaign as CSV (RFC 4180): one item a line. */
export function csvReport({ items }: ReviewReport): string {
  return [COLUMNS.join(','), ...items.map((item) => cellsOf(item).map(cell).join(','))].map((line) => `${line}\r\n`).join('');
}

function cellsOf({ id, check, severity, title, subject, owner = '', reviewers, state, words, remedy, note = '',
  outlier = '' }: ReportedItem): readonly string[] {
  const last = words.at(-1);
  return [
    id, check, severity, title, subject.kind, subject.id, subject.server ?? '', owner, reviewers.join(' '), state, last?.by ?? '', last?.reason ?? '', remedy,
      note, outlier,
  ];
}

/** A text that a spreadsheet would take for a formula is shown as one, and is none. */
function cell(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  const plain = /^[=+\-@\s]/.test(line) ? `'${line}` : line;
  return `"${plain.replaceAll('"', '""')}"`;
}
