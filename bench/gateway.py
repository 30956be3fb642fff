"""The gateway under wrk on loopback, beside nginx answering a fixed JSON body of the same size: how
many requests a second, and how long the 99th of 100 takes. GET reads one order out of the view, POST
places one: it is answered when Kafka has committed the order's transaction, so its peer is a limit of
HTTP on this machine and no equal."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from sides import BUILD, ENVIRONMENT, Failed, check_output

CONNECTIONS, THREADS, SECONDS, WARM_UP_SECONDS = 64, 2, 5, 1
READY_SECONDS = 60
ORDER = json.dumps({
    "customer_info": {
        "customer_id": 1, "customer_name": "Ana Nino", "email": "ana@example.com",
        "street_address": "1 Mabini Street", "lgu": "Cebu City", "provincial_code": "PH-CEB"},
    "item_info": [{"sku": 1, "quantity": 2, "unit_price": "850.00"},
                  {"sku": 2, "quantity": 1, "unit_price": "1000.00", "discount_percent": 20}]})
POST = f"""wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{ORDER}]==]
"""
UNITS = {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


@contextlib.contextmanager
def running(what, command, port, path, environment=None):
    """The program, once it answers."""
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, env=environment)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            with contextlib.suppress(OSError):
                if ask(port, "GET", path)[0] == 200:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"{what} does not answer")
            time.sleep(.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def gateway(broker, database, port):
    options = ["-X", f"bootstrap.servers={broker.bootstrap}",
               "-X", f"schema.registry.url={broker.registry}", "--topic-prefix", broker.prefix,
               "-X", "order.status.topic=order_status", "-X", "order.cancel.topic=cancel_requests",
               "--log-level", "warning"]
    check_output([BUILD / "stack/admin/orderflow-admin", *options, "setup"])
    return running("orderflow-gateway", [
        BUILD / "gateway/orderflow-gateway", *options, "--port", port, "--rate-limit", 0],
        port, "/readyz", ENVIRONMENT | {"DATABASE_URL": database})


def nginx(folder, port, body):
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not program:
        raise Failed("nginx is not installed")
    (folder / "nginx.conf").write_text(f"""daemon off; worker_processes 2; pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 1000000000;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{
        listen 127.0.0.1:{port};
        location / {{ default_type application/json; return 200 '{body}'; }}
    }}
}}
""", encoding="ascii")
    return running("nginx", [program, "-c", folder / "nginx.conf", "-p", folder,
                             "-e", "stderr"], port, "/")


def wrk(port, path, script, seconds):
    """(requests a second, milliseconds of the 99th in 100)"""
    if not shutil.which("wrk"):
        raise Failed("wrk is not installed")
    text = check_output(["wrk", "-t", THREADS, "-c", CONNECTIONS, "-d", f"{seconds}s", "--latency",
                         *(["-s", script] if script else []), f"http://127.0.0.1:{port}{path}"])
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)", text)
    if bad:
        raise Failed(f"wrk: {bad[0]}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", text).groups()
    return rate, float(value) * UNITS[unit]


def place(port):
    """The path of a new order."""
    status, content = ask(port, "POST", "/orders", ORDER)
    if status != 202:
        raise Failed(f"POST /orders: {status}")
    return json.loads(content)["location"]


def better(best, key, figures):
    rate, late = best.get(key, (0, float("inf")))
    best[key] = max(rate, figures[0]), min(late, figures[1])


def measure(broker, database, rounds, folder, say):
    """{(method, side): (requests a second, p99 in ms)}, the best of all rounds each."""
    folder, ours, theirs, best = Path(folder), free_port(), free_port(), {}
    (folder / "post.lua").write_text(POST, encoding="ascii")
    os.chmod(folder, 0o755)  # nginx's workers are another user's
    with gateway(broker, database, ours):
        body = ask(ours, "GET", place(ours))[1].decode("ascii")
        with nginx(folder, theirs, body):
            for number in range(rounds):
                for method, script in (("GET", None), ("POST", folder / "post.lua")):
                    for side, port in (("orderflow", ours), ("nginx", theirs)):
                        # The view holds the newest orders only, and a round places thousands.
                        path = place(ours) if method == "GET" else "/orders"
                        wrk(port, path, script, WARM_UP_SECONDS)
                        figures = wrk(port, path, script, SECONDS)
                        better(best, (method, side), figures)
                        say(f"gateway: round {number + 1} of {rounds}, {method} {side}: "
                            f"{figures[0]:,.0f} requests/s, p99 {figures[1]:.1f} ms")
    return best
