import { LIMITS } from '../../../domain/limits.ts';
import type { LineReader, LogFormat, Traffic } from '../traffic.ts';

interface Pattern {
  readonly id: string;
  /** What a line of the format looks like. */
  readonly line: RegExp;
  /** What stands between such lines and is nothing to read. */
  readonly other?: RegExp;
  readonly read: (match: RegExpExecArray) => Traffic | 'other';
}

/** A format whose lines are known by a pattern. Longer lines than anyone writes are broken: patterns cost by their length. */
export function patternFormat({ id, line, other, read }: Pattern): LogFormat {
  const reader: LineReader = {
    read: (text) => {
      if (text === '') return 'other';
      const match = text.length > LIMITS.logTextLineCharsMax ? null : line.exec(text);
      if (match !== null) return read(match);
      return other?.test(text) === true ? 'other' : 'broken';
    },
    isWhole: (text) => text === '' || (text.length <= LIMITS.logTextLineCharsMax && (line.test(text) || other?.test(text) === true)),
  };
  return { id, reader: (first) => first.some((text) => text.length <= LIMITS.logTextLineCharsMax && line.test(text)) ? reader : undefined };
}
