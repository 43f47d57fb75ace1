import { existsSync } from 'node:fs';
import { join } from 'node:path';

const MODULES = join(import.meta.dir, '..', 'node_modules');
const published = (name: string): string => join(MODULES, '@modelcontextprotocol', name, 'dist', 'index.js');

/** The demo's sallyport.yaml: four servers, a toolset, a role for two groups, and one Cedar file beside it. */
export function demoManifest(crmUrl: string, folder: string): string {
  const own = join(MODULES, '.bin', 'node');
  const node = existsSync(own) ? own : 'node';
  return `apiVersion: sallyport/v1
runner: { unjailed: accepted }           # where this machine has no sandboxes, these run without; sallyport doctor says which it is
servers:
  crm:                                   # our own small CRM, on the official SDK v2
    url: ${crmUrl}
    allowPrivate: true                   # it runs on this machine
    owner: sales-platform@example.com
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
    owner: platform@example.com
    labels: { confidentiality: internal, integrity: trusted }
    tools:
      read_text_file: { effect: read }
      list_directory: { effect: read }
  memory:                                # published: @modelcontextprotocol/server-memory
    command: ${JSON.stringify([node, published('server-memory')])}
    env: { MEMORY_FILE_PATH: ${JSON.stringify(join(folder, 'memory', 'memory.jsonl'))} }
    sandbox: { writes: [${JSON.stringify(join(folder, 'memory'))}] }
    owner: platform@example.com
    labels: { confidentiality: internal, integrity: trusted }
    tools: { read_graph: { effect: read }, search_nodes: { effect: read } }
  everything:                            # published: @modelcontextprotocol/server-everything
    command: ${JSON.stringify([node, published('server-everything'), 'stdio'])}
    owner: platform@example.com
    labels: { confidentiality: public, integrity: untrusted }   # it says what anybody wrote
    tools: { echo: { effect: read }, get-sum: { effect: read } }
toolsets:
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
      - { toolset: desk, effects: [read] }
  clerk:
    allow: [{ server: crm, effects: [read] }]
  outreach:                              # each of these is harmless; together they are a way out: see sallyport policy analyse
    allow:
      - { server: crm, tools: [search_contacts, send_quote] }
      - { server: everything, effects: [read] }
bindings:
  - { role: reader, to: { group: support } }
  - { role: clerk, to: { group: finance } }
  - { role: outreach, to: { group: outreach } }
policies: [demo.cedar]
`;
}

/** What roles can't say: a limit on an argument, and no use of a tool whose description is no longer what was approved. */
export const DEMO_POLICY = `@id("finance-pays-up-to-500")
permit (
  principal in Group::"finance",
  action == Action::"call_tool",
  resource == Tool::"crm/pay_invoice"
) when { context.arguments.amountEur.lessThanOrEqual(decimal("500.00")) };

@id("no-changed-descriptions")
forbid (principal, action == Action::"call_tool", resource)
when { context.drift == "text" };
`;
