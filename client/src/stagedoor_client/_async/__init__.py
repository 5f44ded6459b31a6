"""The clients; those that wait are written from those for asyncio."""
