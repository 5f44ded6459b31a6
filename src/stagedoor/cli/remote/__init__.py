"""Commands for people who use a gateway, from anywhere: they speak to it over HTTP with the key of a tenant."""
