"""How gunicorn serves us: ``gunicorn --config python:credentials_badges.serving credentials_badges.wsgi``.

Gunicorn itself reads ``PORT``, ``WEB_CONCURRENCY`` and ``GUNICORN_CMD_ARGS``; what stands in the last wins over this.
"""

from credentials_badges.env import number

workers = number("WEB_CONCURRENCY", default=2, least=1)
worker_class = "gthread"
threads = 8
"""Requests mostly wait for the database, to which each thread keeps a connection of its own."""
timeout = 60
graceful_timeout = 30
"""Seconds for the requests that are under way when it is asked to stop."""
max_requests = 10_000
max_requests_jitter = 1_000
"""Workers are replaced now and then, and not all at once, so that no leak grows for ever."""
accesslog = None
"""Paths hold secret links and claim codes."""
forwarded_allow_ips = ""
"""Django alone judges what a proxy says of the request, by ``PROXIES``."""
control_socket_disable = True
"""It would be a file in the home folder, of which our user has none."""
