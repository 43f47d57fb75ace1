import { acknowledge, reopen, resolve, suppress } from './finding/change.ts';
import { list } from './finding/list.ts';
import { show } from './finding/show.ts';
import { trends } from './finding/trends.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf('finding', 'What detectors and sensors found, by what it is about: look through it, and say what it is', {
  list, show, acknowledge, suppress, resolve, reopen, trends,
});
