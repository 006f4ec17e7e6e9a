"""Features of office files, each with what must be read of it."""
