/** What issue 9 promises, as `ROWS` of requirements.ts. */
export const CONSOLE_ROWS = {
  'console-story': [
    'The demo opens the console with a story that real calls and the API made, for a person in each role; axe finds nothing wrong, and no page errs.',
    'issue 9, done when',
  ],
  'console-roles': ['Each role sees and does exactly what policy allows, in the interface and by direct calls of every route.', 'issue 9, done when'],
  'console-doors': [
    'No page of others, frame, address, planted cookie, other space or other person\'s id opens anything of the console.', 'issue 9, done when',
  ],
  'console-hostile': [
    'Attacks in every field that takes words are text on every screen: nothing runs, asks another host, links out or covers the page.', 'issue 9, bad input',
  ],
  'console-ends': [
    'A lost connection, an ended session and a role that was changed are said while the console is open, and nothing typed is lost.', 'issue 9, bad input',
  ],
  'console-answers': ['What routes say that they answer is what they answer, and the examples that are published hold.', 'issue 9, part 4'],
  'console-approve': ['An approver approves a held call in the browser, by mouse and by keys alone, and the call completes.', 'issue 9, done when'],
  'console-attack': [
    'An analyst follows an attack from finding to containment in the browser, by mouse and by keys alone, and the agent is stopped at the gate.',
    'issue 9, done when',
  ],
} as const;
