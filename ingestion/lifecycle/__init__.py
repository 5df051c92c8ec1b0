"""What keeps index, blobs and catalog together over time: purges, checks and repairs, rebuilding, backups."""
