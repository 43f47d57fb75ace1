/** A product that uses MCP servers in its vendor's cloud, where no gate of ours stands in between. */
export interface Product {
  readonly id: string;
  readonly title: string;
  /** What the product is called in lists of apps: the whole name. */
  readonly called: RegExp;
  /** Where people come back to after they allowed it something: beginning of the address, without its scheme. */
  readonly redirects: readonly string[];
  /** Runs on people's machines; its traffic can go through the gate. */
  readonly isLocal?: true;
  /** The setting of its administrators that closes it. */
  readonly closes: string;
}

/** As of November 2026; names of settings move. */
export const PRODUCTS: readonly Product[] = [
  {
    id: 'chatgpt', title: 'ChatGPT', called: /^(?:chatgpt(?: (?:enterprise|business|team|edu))?|openai(?: chatgpt)?)$/i,
    redirects: ['chatgpt.com/connector_platform_oauth_redirect', 'chatgpt.com/connector/oauth/'],
    closes: 'ChatGPT, Workspace settings: Apps, switch the app off; Permissions & roles, Connected data: switch off developer mode and custom MCP connectors',
  },
  {
    id: 'claude', title: 'Claude', called: /^(?:claude(?:\.ai| code| desktop| for (?:work|teams?|enterprise))?|anthropic(?: claude)?)$/i,
    redirects: ['claude.ai/api/mcp/auth_callback', 'claude.com/api/mcp/auth_callback'],
    closes: 'Claude, Organization settings: Connectors, remove the connector; custom roles, tab Connectors: withdraw it from roles',
  },
  {
    id: 'microsoft-365', title: 'Microsoft 365 Copilot', called: /^(?:microsoft (?:365 )?copilot(?: studio)?|copilot studio)$/i,
    redirects: ['teams.microsoft.com/api/platform/v1.0/oauthredirect'],
    closes: 'Microsoft 365 admin center: Copilot, Agents: block the agent; Settings, Integrated apps: block the app',
  },
  {
    id: 'linear', title: 'Linear', called: /^linear agent$/i, redirects: ['linear.app/connect/mcp/callback'],
    closes: 'Linear, Settings, Integrations: remove the MCP connection',
  },
  {
    id: 'mistral', title: 'Mistral Le Chat', called: /^(?:mistral(?: ai)?(?: le chat)?|le chat)$/i, redirects: [],
    closes: 'Le Chat, Connectors: remove the connector; withdraw the right to add connectors from members',
  },
  { id: 'dust', title: 'Dust', called: /^dust(?:\.tt)?$/i, redirects: ['dust.tt/'], closes: 'Dust, Spaces, Tools: remove the remote MCP server' },
  { id: 'perplexity', title: 'Perplexity', called: /^perplexity(?: ai)?$/i, redirects: [], closes: 'Perplexity, organisation settings: remove the connector' },
  {
    id: 'cursor', title: 'Cursor', called: /^cursor(?: (?:ide|mcp))?$/i, redirects: ['anysphere.cursor-mcp/oauth/callback'], isLocal: true,
    closes: 'revoke the grant; declare the server and let Cursor use `sallyport connect`',
  },
  {
    id: 'mcp-remote', title: 'mcp-remote', called: /^mcp[ -]remote(?: .{1,40})?$|^mcp cli proxy$/i, isLocal: true,
    redirects: ['localhost:3334/oauth/callback', '127.0.0.1:3334/oauth/callback'],
    closes: 'revoke the grant; declare the server and replace the entry by `sallyport connect`',
  },
];

export function productOfRedirect(uri: string): Product | undefined {
  const address = uri.toLowerCase().replace(/^[a-z][a-z0-9+.-]*:\/\//, '').replace(/^www\./, '');
  return PRODUCTS.find(({ redirects }) => redirects.some((start) => address.startsWith(start)));
}

export function productCalled(name: string): Product | undefined {
  return PRODUCTS.find(({ called }) => called.test(name.trim()));
}
