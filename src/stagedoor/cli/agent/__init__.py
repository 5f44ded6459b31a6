"""What an agent gets: a few tools over MCP, with a tenant's key."""
