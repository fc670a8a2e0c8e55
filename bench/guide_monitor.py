#!/usr/bin/env python3
"""The monitor of the guide "How to Build a Self-Healing Container Infrastructure with Docker and Python".

A loop of one thread: every CHECK_INTERVAL seconds it lists the containers with the label monitored=true, requests
HEALTH_PATH of each, and restarts a container after FAILURE_THRESHOLD failures in a row, with one Slack message. Written
anew for bench/heal.sh with the standard library only. Where the guide leaves a choice, this program does what heals more:
containers that have exited are listed too, and an error of the engine does not end the loop.
"""

import http.client
import json
import os
import socket
import time
import urllib.parse
import urllib.request

INTERVAL = float(os.environ.get("CHECK_INTERVAL", "15"))
THRESHOLD = int(os.environ.get("FAILURE_THRESHOLD", "3"))
TIMEOUT = float(os.environ.get("REQUEST_TIMEOUT", "5"))
PATH = os.environ.get("HEALTH_PATH", "/health")
SLACK = os.environ.get("SLACK_WEBHOOK_URL", "")
ENGINE = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


class EngineConnection(http.client.HTTPConnection):
    """HTTP over the engine's unix socket."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(ENGINE)


def engine(method, path):
    connection = EngineConnection("engine", timeout=60)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status >= 400:
            raise OSError(f"{method} {path}: {answer.status} {body.decode(errors='replace').strip()}")
        return body
    finally:
        connection.close()


def monitored():
    filters = urllib.parse.quote(json.dumps({"label": ["monitored=true"]}))
    return json.loads(engine("GET", f"/containers/json?all=1&filters={filters}"))


def address_of(container):
    """The published port, else the container's address; None for a container in another one's network."""
    for port in container["Ports"]:
        if "PublicPort" in port:
            return f"127.0.0.1:{port['PublicPort']}"
    for network in container["NetworkSettings"]["Networks"].values():
        if network["IPAddress"]:
            return f"{network['IPAddress']}:8080"
    return None


def healthy(address):
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT)
    try:
        connection.request("GET", PATH)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def notify(text):
    if not SLACK:
        return
    body = json.dumps({"attachments": [{"color": "#ff0000", "title": "Self-healing", "text": text}]}).encode()
    request = urllib.request.Request(SLACK, body, {"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=5).close()
    except OSError as error:
        print(f"Slack: {error}", flush=True)


def check(container, failures):
    name = container["Names"][0].lstrip("/")
    address = address_of(container)
    exited = container["State"] == "exited"
    if address is None and not exited:
        return
    if not exited and healthy(address):
        failures[name] = 0
        return
    failures[name] = failures.get(name, 0) + 1
    print(f"{name} is unhealthy ({failures[name]}/{THRESHOLD})", flush=True)
    if failures[name] >= THRESHOLD:
        print(f"restarting {name}", flush=True)
        engine("POST", f"/containers/{container['Id']}/restart")
        failures[name] = 0
        notify(f"{name} was restarted after {THRESHOLD} failed health checks")


def main():
    failures = {}
    while True:
        try:
            containers = monitored()
            for container in containers:
                check(container, failures)
            print(f"checked {len(containers)} containers", flush=True)
        except (OSError, http.client.HTTPException) as error:
            print(f"engine: {error}", flush=True)
        time.sleep(INTERVAL)


main()
