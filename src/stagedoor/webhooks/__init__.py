"""Webhook endpoints: where a tenant wants its events, and bringing them there."""
