"""Source → index: catalog, blobs, jobs, chunking, the pipeline. Owns all state."""
