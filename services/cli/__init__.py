"""The command line. Each module is one command; only the one that is called is imported."""
