"""Features of office files, each with its expected text."""
