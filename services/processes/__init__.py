"""The processes that the supervisor starts, one module per role: `python -m services.processes <role>`."""
