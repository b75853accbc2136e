"""How web is served: a few processes of many threads, one copy of the code, nothing that outlives the launcher."""

import gc
import os

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from config import settings
from config.launcher.lifeline import die_with_parent

wsgi_app = "config.wsgi"
workers = settings.WEB_WORKERS
worker_class = "gthread"
threads = 32
preload_app = True  # imported once, shared by all web processes; nothing may open a connection or a thread at import
backlog = 1024
keepalive = 75
timeout = 60
graceful_timeout = 10
limit_request_line = 8190  # a page's whole state is in its address
accesslog = None
loglevel = "warning"
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 (a heartbeat file, no data)


def when_ready(server: Arbiter) -> None:
    """Keep the imported code out of the collector, so that its pages stay shared between the processes."""
    gc.collect()
    gc.freeze()


def post_fork(server: Arbiter, worker: Worker) -> None:
    die_with_parent(server.pid)
    # A batch of calls is thousands of objects that live for one request and hold no cycles; at the usual threshold of
    # 700 the collector looks through all of them again and again, a sixth of what ingest costs.
    gc.set_threshold(50_000, 20, 50)
