import type { Control } from './controls.ts';

/** A policy that ships: `defaults:` turns it off. */
function policy(name: string, title: string): Control {
  return { id: name, title, shows: [`default/${name}`], off: { by: 'manifest', patch: { defaults: { [name]: 'off' } } } };
}

/** A detector: `detect:` turns it off. */
function detector(name: string, title: string): Control {
  return { id: `sees-${name}`, title, shows: [`${name}/*`], off: { by: 'manifest', patch: { detect: { detectors: { [name]: 'off' } } } } };
}

/** What no configuration turns off. */
function built(id: string, title: string, ...shows: readonly string[]): Control {
  return { id, title, shows, off: { by: 'code' } };
}

/** Every control that the red team tries. Each has a scenario that turns red when it is off. */
export const CONTROLS: readonly Control[] = [
  policy('untrusted-destination', 'Where things go needs somebody who vouches for it, once something untrusted was read'),
  policy('uncleared-sink', 'Nothing flows to where it is too confidential for'),
  policy('rule-of-two', 'Untrusted, confidential, outside: at most two of the three'),
  policy('poisoned-memory', 'No instructions get into a memory from what is untrusted'),
  policy('hidden-arguments', 'Nothing invisible is sent'),
  policy('secret-egress', 'Neither canaries nor secrets of the vault pass'),
  policy('pinned-schema', 'Arguments and results keep to the schema that was approved'),
  policy('undisclosed-vendor', 'A vendor that has said nothing gets public data to read, and no more'),
  policy('agent-configuration', 'Nobody writes the files that agents and shells obey'),
  policy('inspection', 'What was not inspected whole does not pass'),
  detector('hidden-channels', 'Text that people can\'t see is found'),
  detector('tool-poisoning', 'Definitions that give orders are found'),
  detector('instructions', 'Texts that give orders are found'),
  detector('annotations', 'Annotations that say otherwise than the name are found'),
  detector('secrets', 'Credentials in messages are found'),
  detector('personal-data', 'Personal data are found'),
  detector('payment', 'Payment data are found'),
  detector('health', 'Health data are found'),
  detector('source-code', 'Source code is found'),
  detector('egress', 'Addresses that carry data out are found'),
  detector('paths', 'Paths that leave their folder are found'),
  detector('ssrf', 'Addresses of the inside are found'),
  detector('command', 'Options and metacharacters in arguments are found'),
  detector('agent-config', 'Files that agents and shells obey are found in arguments'),
  detector('schema', 'What breaks the approved schema is found'),
  detector('cost', 'Answers that cost are found'),
  detector('generated-sql', 'SQL that destroys or widens is found'),
  detector('generated-shell', 'Commands that harm are found'),
  detector('generated-formula', 'Cells that run are found'),
  detector('generated-html', 'Pages that run are found'),
  detector('generated-code', 'Code that harms is found'),
  detector('text-model', 'Texts that read like orders are scored'),
  detector('name-collision', 'Names that look like another server\'s are found'),
  detector('cross-server', 'Definitions that speak of another server are found'),
  built('sees-toxic-combination', 'Tools that leak or damage together are found', 'toxic-combination/*', 'leak', 'damage'),
  {
    id: 'definition-pins', title: 'What was approved is what is served, until somebody approves a change',
    shows: ['drift.found', 'ERR_PIN_DRIFT', 'ERR_PIN_UNVERIFIED'], off: { by: 'operator' },
  },
  {
    id: 'approval', title: 'A server passes when a person has approved what it says',
    shows: ['ERR_SERVER_NOT_APPROVED', 'ERR_DEFINITION_BLOCKED'], off: { by: 'operator' },
  },
  { id: 'permits', title: 'What no policy permits does not happen', shows: ['ERR_POLICY_DENIED', 'ERR_TOOL_UNKNOWN'], off: { by: 'permits' } },
  built(
    'allow-list', 'Methods, servers and tools that are not known do not exist',
    'ERR_METHOD_UNKNOWN', 'ERR_SERVER_UNKNOWN', 'ERR_TOOL_UNKNOWN', 'ERR_ROUTE_UNKNOWN',
  ),
  built('doors', 'Other hosts and origins do not get in', 'ERR_HOST_FORBIDDEN', 'ERR_ORIGIN_FORBIDDEN'),
  built('tokens', 'Without a token of one\'s own nothing is served', 'ERR_TOKEN_*'),
  built('header-body', 'Headers say what the body says', 'ERR_HEADER_*'),
  built(
    'launch', 'How a local server starts has no other field, no shell and no version that floats',
    'ERR_LAUNCH_*', 'ERR_CONFIG_*', 'ERR_REQUEST_INVALID',
  ),
  built('upstream-protocol', 'Answers of servers are answers to what they were asked', 'ERR_UPSTREAM_*'),
  built(
    'sealed-sessions', 'Sessions, and states that clients keep, belong to whom they were given, and cannot be made up',
    'ERR_SESSION_*', 'ERR_STATE_INVALID',
  ),
  built('sanitiser', 'What hides in answers is taken out, and addresses in them do nothing by themselves', 'sanitised'),
  built('limits', 'Everything has a limit', 'ERR_LIMIT_*', 'ERR_RATE_LIMITED', 'ERR_BODY_TOO_LARGE', 'ERR_JSON_*', 'ERR_SURFACE_*'),
];

export const CONTROL_IDS: readonly string[] = CONTROLS.map(({ id }) => id);
