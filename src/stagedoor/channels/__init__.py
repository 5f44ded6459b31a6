"""Channels: the upstream accounts behind the gateway, chosen by `model`, sticky afterwards."""
