"""What a provider is, in pure Python: the first thing to read before writing an adapter.

Nothing here imports Django, Celery or requests, so an adapter's tests run in milliseconds.
"""
