##! Writes mcp.log: one line a server, client and hour for the Model Context Protocol over HTTP that Zeek can read, of both eras.
##! `sallyport discover logs mcp.log` takes it as the surest evidence. For Zeek 6 and later.

@load base/protocols/http

module MCP;

export {
	redef enum Log::ID += { LOG };
	global log_policy: Log::PolicyHook;

	type Info: record {
		ts: time &log;
		uid: string &log;
		id: conn_id &log;
		host: string &log &optional;
		uri: string &log &optional;
		user_agent: string &log &optional;
		## `modern`: revision 2026-07-28 and later; `legacy`: before.
		era: string &log;
		## What the header or the body says is called; empty where only a session was seen.
		mcp_method: string &log &default="";
	};

	## Of each request, so much of the body is looked at.
	option body_bytes: count = 4096;
	## How long nothing more is told of the same client, server and era.
	const quiet = 1hr &redef;
}

type State: record {
	method: string &default="";
	version: string &default="";
	session: bool &default=F;
	body: string &default="";
};

redef record HTTP::Info += {
	mcp: MCP::State &optional;
};

global told: set[addr, addr, port, string] &create_expire=quiet;

event zeek_init() &priority=5
	{
	Log::create_stream(MCP::LOG, [$columns=Info, $path="mcp", $policy=log_policy]);
	}

function tell(c: connection, era: string, method: string)
	{
	if ( [c$id$orig_h, c$id$resp_h, c$id$resp_p, era] in told )
		return;
	add told[c$id$orig_h, c$id$resp_h, c$id$resp_p, era];

	local info: Info = [$ts=network_time(), $uid=c$uid, $id=c$id, $era=era, $mcp_method=method];
	if ( c$http?$host )
		info$host = c$http$host;
	# Whoever has the query may have the access.
	if ( c$http?$uri )
		info$uri = sub(c$http$uri, /[?#].*/, "");
	if ( c$http?$user_agent )
		info$user_agent = c$http$user_agent;
	Log::write(MCP::LOG, info);
	}

event http_header(c: connection, is_orig: bool, original_name: string, name: string, value: string)
	{
	if ( ! c?$http || name !in set("MCP-METHOD", "MCP-PROTOCOL-VERSION", "MCP-SESSION-ID") )
		return;
	if ( ! c$http?$mcp )
		c$http$mcp = State();

	if ( name == "MCP-METHOD" )
		c$http$mcp$method = value;
	else if ( name == "MCP-PROTOCOL-VERSION" )
		c$http$mcp$version = value;
	else
		c$http$mcp$session = T;
	}

event http_entity_data(c: connection, is_orig: bool, length: count, data: string)
	{
	if ( ! is_orig || ! c?$http )
		return;
	if ( ! c$http?$mcp )
		c$http$mcp = State();
	if ( |c$http$mcp$body| < body_bytes )
		c$http$mcp$body += data[0:body_bytes];
	}

event http_message_done(c: connection, is_orig: bool, stat: http_message_stat)
	{
	if ( ! c?$http || ! c$http?$mcp )
		return;

	local state = c$http$mcp;
	if ( state$method != "" || ( state$version != "" && strcmp(state$version, "2026-07-28") >= 0 ) )
		tell(c, "modern", state$method);
	else if ( state$session || state$version != "" )
		tell(c, "legacy", "");
	else if ( is_orig && /"jsonrpc"/ in state$body )
		{
		if ( /"method"[[:space:]]*:[[:space:]]*"(server\/discover|subscriptions\/listen)"/ in state$body || /"io\.modelcontextprotocol\/protocolVersion"/ in state$body )
			tell(c, "modern", "");
		else if ( /"initialize"/ in state$body && /"protocolVersion"[[:space:]]*:[[:space:]]*"20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]"/ in state$body )
			tell(c, "legacy", "initialize");
		else if ( /"method"[[:space:]]*:[[:space:]]*"(tools\/(list|call)|resources\/(list|read)|prompts\/(list|get)|notifications\/initialized)"/ in state$body )
			tell(c, "legacy", "");
		}
	state$body = "";
	}
