"""Rule files are read as text; nothing here imports them, and pytest must not either."""

collect_ignore_glob = ["grammar_pack/*", "*/rules/*"]
