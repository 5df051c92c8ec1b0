"""The processes: API, workers, index owner, supervisor, command line. The composition root."""
