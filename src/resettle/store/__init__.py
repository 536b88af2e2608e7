"""The only ground-floor input and output: cells, documents, tables, folders. Nothing here decides anything."""
