# Written from _async by `make client`; do not edit.
"""The clients; those that wait are written from those for asyncio."""
