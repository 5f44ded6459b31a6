CREATE TABLE IF NOT EXISTS groups (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  project TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  group_type TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS assets (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  project TEXT NOT NULL,
  group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  group_type TEXT NOT NULL,
  name TEXT NOT NULL,
  asset_type TEXT NOT NULL,
  moderation TEXT NOT NULL,
  status TEXT NOT NULL,
  fate TEXT NOT NULL,
  error_code TEXT NOT NULL,
  error_message TEXT NOT NULL,
  file_name TEXT NOT NULL,
  content_type TEXT NOT NULL,
  looks_left INTEGER NOT NULL,
  ready_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS assets_of_group ON assets (group_id);
CREATE INDEX IF NOT EXISTS assets_in_progress ON assets (ready_at) WHERE status = 'Processing';

CREATE TABLE IF NOT EXISTS sessions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  byted_token TEXT NOT NULL UNIQUE,
  project TEXT NOT NULL,
  callback_url TEXT NOT NULL,
  state TEXT NOT NULL,
  group_id TEXT NOT NULL,
  spent INTEGER NOT NULL,
  created_at INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS ledger (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  action TEXT NOT NULL,
  at INTEGER NOT NULL,
  status INTEGER,
  body TEXT NOT NULL,
  result TEXT NOT NULL,
  request_id TEXT NOT NULL,
  fault TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ledger_by_action ON ledger (action);

CREATE TABLE IF NOT EXISTS faults (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  script TEXT NOT NULL,
  skips_left INTEGER NOT NULL,
  times_left INTEGER
);

CREATE TABLE IF NOT EXISTS settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
