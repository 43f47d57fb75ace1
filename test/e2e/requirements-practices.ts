/** What issue 8 promises, and of clients' files issue 7, as `ROWS` of requirements.ts. */
export const PRACTICES = {
  'playbook-run': [
    'Each of the ten playbooks runs from a real attack at the gate to containment, evidence that verifies without us, and recovery.',
    'issue 8, part 2; done when',
  ],
  'range-isolated': [
    'A rehearsal is played against the configuration in force in an installation of its own, which reaches nothing, and ends at once and whole.',
    'issue 8, part 3',
  ],
  'redteam-regression': [
    'A control that no longer acts turns its line of the red team red, fails a build that asks, and is a finding; the gate in force is not touched.',
    'issue 8, part 3; done when',
  ],
  'containment-effect': [
    'Every containment verb has its effect at the gate, on what it is done to alone, and is taken back; again it is the same one.', 'issue 8, part 2',
  ],
  'containment-held': ['A containment ends by itself, takes two people where it is wide, and shows before what it would do.', 'issue 8, part 2'],
  'scheduled-runs': [
    'What is scheduled runs once in a fleet, is made up for once when it was missed, is lost to who falls silent, and every run is on record.',
    'issue 8, part 6',
  ],
  'playbook-format': [
    'Playbooks validate against the published CACAO 2.0 schemas; what is not run here is refused by name and place; what nobody signed is not run.',
    'issue 8, part 2; bad input; done when',
  ],
  'playbook-engine': [
    'A playbook runs by itself, step by step or as a rehearsal, survives a restart, and stops at a failed step with everything contained and the way back.',
    'issue 8, part 2; bad input',
  ],
  'redteam-claims': [
    'On the shipped defaults every scenario, of all 27 classes of incidents, comes out as claimed, by the controls that it names.',
    'issue 8, part 3; done when',
  ],
  'redteam-switches': ['A control that is switched off turns a line of the red team\'s report red.', 'issue 8, done when'],
  'vendor-disclosure': [
    'A vendor answers by file or on a page for it alone; what is wrong is refused with its place, what it sends counts once somebody looked.',
    'issue 8, part 1; bad input',
  ],
  'vendor-score': [
    'A score is made of inputs that are all shown, is the same whoever recomputes it, orders vendors as expected, and catches a disclosure that lies.',
    'issue 8, part 1; done when',
  ],
  'vendor-probes': [
    'Sixteen probes report exactly what is wrong at eight planted endpoints and two published servers, with its evidence.', 'issue 8, part 1; done when',
  ],
  'vendor-probes-permitted': [
    'No packet goes to a vendor\'s endpoint without leave on record that names it; nothing it points to is followed, no token of a test account is told.',
    'issue 8, part 1',
  ],
  'vendor-changes': ['What is another at a vendor\'s endpoint than it was is a finding, and a run that saw less hides nothing.', 'issue 8, part 1'],
  'vendor-default': [
    'What a vendor without a valid disclosure hosts only reads, and public data only; standing ends by time, and with what happens.', 'issue 8, part 1',
  ],
  'vendor-routing': [
    'What was agreed with a vendor holds at the gate: what may be sent to it, and how often all of its servers are called.', 'issue 8, part 1',
  ],
  'redteam-adaptive': ['An attacker that searches gets nowhere in its budget; the same seed makes the same attempts.', 'issue 8, part 3'],
  'mail-sent': ['People are told by mail over TLS 1.3 or not at all, and nothing that others wrote begins a header.', 'issue 8, parts 5 and 6'],
  'client-files-audited': [
    'What is wrong with clients\' files and the texts that agents obey is told with its place and no value, for people and for code hosts.',
    'issue 7, part 6',
  ],
  'client-files-bad': [
    'A client\'s file that is broken, endless or rewritten meanwhile is told with its place; nothing is half-written, and nothing is lost.',
    'issue 7, bad input',
  ],
  'client-files-sealed': [
    'Secrets leave clients\' files, what the client starts works as before, each act is on record, and unsealing gives the file back byte for byte.',
    'issue 7, part 6 and Done when',
  ],
  'incident-correlated': [
    'Findings become incidents by rules that are data: of what belongs together, in its order and time, once, each with the published techniques.',
    'issue 8, part 2',
  ],
  'finding-grouped': ['Findings of one rule about one thing are one line, with how often, how grave and where.', 'issue 9, part Findings'],
  'finding-suppressed': [
    'What is suppressed, with a reason and an end, is counted and heard no more, in incidents neither; what policy decides stays.', 'issue 9, part Findings',
  ],
  'overview-as-asked': ['How things stand is shown to each as far as they may read it by itself, and no further.', 'issue 9, part Overview'],
  'incident-opened': [
    'An attack on record is an incident with its subjects, timeline and severity by what is at stake; people stand in it under pseudonyms.',
    'issue 8, part 2',
  ],
  'incident-survives': ['A crash of what correlates loses no incident and counts nothing twice.', 'issue 8, part 2'],
  'incident-blast': ['What a context, tool or credential touched is told from the ledger, and where that may have gone on.', 'issue 8, part 2'],
  'exercise-paper': ['A tabletop is printed with hand-outs of what a gate really wrote down, and nothing in it is markup.', 'issue 8, part 4; bad input'],
  'exercise-live': [
    'A live-fire exercise runs from its start to the after-action report: right answers have all points, wrong ones none, seen in its own records.',
    'issue 8, part 4; done when',
  ],
  'exercise-after-action': ['What went wrong in an exercise has an owner and a day until it is done, or dropped with a reason.', 'issue 8, part 4'],
  'review-finds': [
    'A campaign over 500 servers and 2,000 people finds everything that is wrong with them, of every kind, and nothing else.',
    'issue 8, part 5; done when',
  ],
  'review-takes-effect': [
    'What a reviewer revokes or narrows is so at the gate at once, tried before against what was recorded; the evidence verifies offline.',
    'issue 8, part 5; done when',
  ],
  'review-never-oneself': ['Nobody answers for what they have themselves, however they came to be asked.', 'issue 8, part 5'],
} as const;
