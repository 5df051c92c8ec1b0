"""The processes of the cluster profile: API, workers by Celery, scheduler."""
