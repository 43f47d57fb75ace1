import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

/** What keeps the practices around the gate honest: what runs by itself, and how people are told. */
export const PRACTICES: readonly Switch[] = [
  ...switches('src/control/schedule/keeper.ts', 'src/control/schedule/schedule.test.ts', [
    ['one runner', 'of two workers that ask at once', '{ by: BY, expectedVersion: version });\n  } catch', '{ by: BY });\n  } catch'],
    ['whose run it is', 'of two workers that ask at once', 'if (job !== undefined && held?.id === id)', 'if (job !== undefined && held !== undefined)'],
    ['runs that never ended', 'who is not heard of loses the job', 'if (row.claim !== undefined) {', 'if (row.claim === null) {'],
  ]),
  ...switches('src/control/schedule/routes.ts', 'src/control/schedule/schedule.test.ts', [
    ['control\'s own jobs', 'what is not of a worker', 'JOBS[job.kind].run === undefined &&', 'true &&'],
  ]),
  ...switches('src/control/notify/mail.ts', 'src/control/notify/mail.test.ts', [
    ['STARTTLS must succeed', 'a relay without it gets nothing', "requireTLS: security === 'starttls'", 'requireTLS: false'],
    ['TLS 1.3', 'neither an older TLS', "minVersion: 'TLSv1.3'", "minVersion: 'TLSv1.2'"],
    ['certificates', 'neither an older TLS', 'rejectUnauthorized: true', 'rejectUnauthorized: false'],
    ['what hides in a text', 'hides nothing', ".replaceAll(NOT_OF_TEXT, '\\uFFFD')", ''],
  ]),
];
