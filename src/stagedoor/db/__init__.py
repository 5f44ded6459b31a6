"""The database: SQLite or PostgreSQL behind one face. All dialect differences live in this folder."""
