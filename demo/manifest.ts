import { existsSync } from 'node:fs';
import { join } from 'node:path';

const MODULES = join(import.meta.dir, '..', 'node_modules');
const published = (name: string): string => join(MODULES, '@modelcontextprotocol', name, 'dist', 'index.js');

/** Where the demo's own servers are, by name. */
export type Addresses = Readonly<Record<'crm' | 'web' | 'mail' | 'translate', string>>;

/** The demo's sallyport.yaml: seven servers, the people who look after them, their agents, and one Cedar file beside it. */
export function demoManifest(at: Addresses, folder: string, now = Date.now()): string {
  const own = join(MODULES, '.bin', 'node');
  const node = existsSync(own) ? own : 'node';
  return `apiVersion: sallyport/v1
runner: { unjailed: accepted }           # where this machine has no sandboxes, these run without; sallyport doctor says which it is
${peopleOf(at, now)}servers:
  crm:                                   # our own small CRM, on the official SDK v2
    url: ${at.crm}
    allowPrivate: true                   # it runs on this machine
    owner: sales-platform@harbour.example
    labels: { confidentiality: confidential, categories: [pii], integrity: trusted }
    tools:
      search_contacts: { effect: read }
      update_contact: { effect: write }
      delete_contact: { effect: destroy }
      pay_invoice: { effect: transact }
      send_quote: { effect: communicate }
  files:                                 # published: @modelcontextprotocol/server-filesystem
    command: ${JSON.stringify([node, published('server-filesystem'), join(folder, 'files')])}
    sandbox: { reads: [${JSON.stringify(join(folder, 'files'))}] }   # and nothing else of this machine
    owner: platform@harbour.example
    labels: { confidentiality: internal, integrity: trusted }
    tools:
      read_text_file: { effect: read }
      list_directory: { effect: read }
  memory:                                # published: @modelcontextprotocol/server-memory
    command: ${JSON.stringify([node, published('server-memory')])}
    env: { MEMORY_FILE_PATH: ${JSON.stringify(join(folder, 'memory', 'memory.jsonl'))} }
    sandbox: { writes: [${JSON.stringify(join(folder, 'memory'))}] }
    owner: platform@harbour.example
    labels: { confidentiality: internal, integrity: trusted }
    tools: { read_graph: { effect: read }, search_nodes: { effect: read } }
  everything:                            # published: @modelcontextprotocol/server-everything
    command: ${JSON.stringify([node, published('server-everything'), 'stdio'])}
    owner: platform@harbour.example
    labels: { confidentiality: public, integrity: untrusted }   # it says what anybody wrote
    tools: { echo: { effect: read }, get-sum: { effect: read } }
${ownServers(at)}${RIGHTS}policies: [demo.cedar]
`;
}

/** Who looks after it, which agents work here for whom, and whose service is used. */
function peopleOf(at: Addresses, now: number): string {
  return `admins:                                  # who may do what in the console; demo/people.ts makes an account in each group
  - { group: administrators, role: admin, space: "*" }
  - { group: approvers, role: approver, space: "*" }
  - { group: secops, role: analyst, space: "*" }
  - { group: auditors, role: auditor, space: "*" }
approvals: { onCall: approvers }
flow: { domains: [harbour.example] }     # everybody at the company may be written to
agents:
  support-agent:
    owner: ben@harbour.example
    purpose: Answers customers from the CRM, the handbook and the translator.
    allow: [{ server: crm, effects: [read] }, { server: files, effects: [read] }, { server: memory, effects: [read] },
      { server: everything, effects: [read] }, { server: translate, effects: "*" }, { toolset: desk, effects: [read] }]
    expires: ${day(now, 90)}
  finance-agent:
    owner: carla@harbour.example
    purpose: Pays invoices of the CRM.
    allow: [{ server: crm, effects: [read, transact] }, { server: mail, effects: "*" }]
    expires: ${day(now, 90)}
  research-agent:
    owner: mia@harbour.example
    purpose: Reads the news and tells the team.
    allow: "*"
    expires: ${day(now, 30)}
vendors:
  wordwise:
    name: Wordwise Ltd
    owner: platform@harbour.example
    purpose: translations for the support desk
    tier: standard
    endpoints: [{ url: "${at.translate}" }]
    data: { confidentiality: internal }
`;
}

/** What strangers write, what leaves the company, and what a vendor hosts. */
function ownServers(at: Addresses): string {
  return `  web:
    url: ${at.web}
    allowPrivate: true
    owner: platform@harbour.example
    tier: public
    labels: { confidentiality: public, integrity: untrusted }   # strangers write it
    tools: { fetch_page: { effect: read } }
  mail:
    url: ${at.mail}
    allowPrivate: true
    owner: platform@harbour.example
    tier: public                         # what leaves by it is out: nothing confidential is cleared for it
    labels: { confidentiality: internal, integrity: trusted }
    tools: { list_inbox: { effect: read }, send_mail: { effect: communicate } }
  translate:                             # a vendor's, who has not said yet what becomes of our texts
    url: ${at.translate}
    allowPrivate: true
    owner: platform@harbour.example
    hosting: vendor
    vendor: wordwise
    tier: vendor
    labels: { confidentiality: internal, integrity: untrusted }
    tools: { translate_text: { effect: write }, list_languages: { effect: read, labels: { confidentiality: public } } }
`;
}

const RIGHTS = `toolsets:
  desk:
    - { server: crm, tools: [search_contacts] }
    - { server: files, tools: [read_text_file, list_directory] }
roles:
  reader:
    allow:
      - { server: crm, effects: [read] }
      - { server: files, effects: [read] }
      - { server: memory, effects: [read] }
      - { server: everything, effects: [read] }
      - { server: translate, effects: [read, write] }
      - { toolset: desk, effects: [read] }
  clerk:
    allow: [{ server: crm, effects: [read] }]
  outreach:                              # each of these is harmless; together they are a way out: see sallyport policy analyse
    allow:
      - { server: crm, tools: [search_contacts, send_quote] }
      - { server: everything, effects: [read] }
  researcher:
    allow:
      - { server: web, effects: [read] }
      - { server: crm, effects: [read] }
      - { server: mail, effects: [read, communicate] }
bindings:
  - { role: reader, to: { group: support } }
  - { role: clerk, to: { group: finance } }
  - { role: outreach, to: { group: outreach } }
  - { role: researcher, to: { group: research } }
`;

/** What roles can't say: limits on an argument, what people decide, and no use of a tool whose description is no longer what was approved. */
export const DEMO_POLICY = `@id("finance-pays-up-to-500")
permit (
  principal in Group::"finance",
  action == Action::"call_tool",
  resource == Tool::"crm/pay_invoice"
) when { context.arguments.amountEur.lessThanOrEqual(decimal("500.00")) };

@id("finance-pays-more-with-consent")
permit (
  principal in Group::"finance",
  action == Action::"call_tool",
  resource == Tool::"crm/pay_invoice"
) when { context.arguments.amountEur.lessThanOrEqual(decimal("5000.00")) };

@id("payments-over-500")
@approve("treasury")
@reason("Payments over 500 EUR are approved by the treasury.")
forbid (principal, action == Action::"call_tool", resource == Tool::"crm/pay_invoice")
when { context.arguments.amountEur.greaterThan(decimal("500.00")) };

@id("no-hidden-text")
@quarantine
@reason("The answer holds text that people can't see.")
forbid (principal, action == Action::"respond", resource)
when { context.findings.contains("hidden-channels/tag-characters") };

@id("no-changed-descriptions")
forbid (principal, action == Action::"call_tool", resource)
when { context.drift == "text" };
`;

function day(from: number, days: number): string {
  return new Date(from + days * 86_400_000).toISOString().slice(0, 10);
}
