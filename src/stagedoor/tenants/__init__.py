"""Tenants: the customers of one gateway, who never see one another."""
