import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import type { SinkSpec } from '../../domain/sink.ts';
import type { LogSource } from '../ocsf/to-ocsf.ts';
import { openElastic } from './elastic.ts';
import { checkDirectory, openFile } from './file.ts';
import { openOtlp } from './otlp.ts';
import { SinkFault } from './sink.ts';
import type { Sink } from './sink.ts';
import { openSplunk } from './splunk.ts';
import { openSyslog } from './syslog.ts';
import { openWebhook } from './webhook.ts';

export interface Opening {
  readonly name: string;
  readonly source: LogSource;
  /** The state folder: where no sink writes. */
  readonly home: string;
}

/** Opens the way to a sink's destination. Throws what is wrong with it, as `toSinkFault` reads it. */
export async function openSink(spec: SinkSpec, { name, source, home }: Opening): Promise<Sink> {
  if (spec.type === 'broken') throw new SinkFault(spec.error, { kind: 'gone' });
  if (spec.type === 'file') {
    checkDirectory(spec.directory, realpathSync(home));
    return openFile(spec, name);
  }
  if (spec.type === 'syslog') return openSyslog(spec, hostname());
  // Loaded where there is such a sink only: it is the largest dependency of the role.
  if (spec.type === 'kafka') return (await import('./kafka.ts')).openKafka(spec, name);
  if (spec.type === 'splunk') return openSplunk(spec);
  if (spec.type === 'elastic') return openElastic(spec);
  return spec.type === 'otlp' ? openOtlp(spec, source) : openWebhook(spec, name);
}
