#!/usr/bin/python3
"""A real gRPC server (python3-grpcio) with the standard health service, for tests of the gRPC probe.

    grpc_health_server.py [CERTIFICATE KEY | --no-health | --on ADDRESS]

Prints its port on 127.0.0.1, or on the address, and serves until it is killed. After SIGUSR1 the service
"orders" is not serving, for as long as the process lives. The messages are protobuf's own, made from a
description in this file, so no code under test is used here.
"""

import os
import signal
import sys
import time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

STATES = {"": 1, "serving": 1, "orders": 1, "down": 2, "unset": 0, "unknown-status": 3, "x" * 300: 1}


def messages():
    file = descriptor_pb2.FileDescriptorProto(name="health.proto", package="grpc.health.v1", syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, field, kind in (
        ("HealthCheckRequest", "service", kinds.TYPE_STRING),
        ("HealthCheckResponse", "status", kinds.TYPE_INT32),
    ):
        file.message_type.add(name=name).field.add(
            name=field, number=1, type=kind, label=kinds.LABEL_OPTIONAL
        )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return [
        factory.GetPrototype(pool.FindMessageTypeByName("grpc.health.v1." + name))
        for name in ("HealthCheckRequest", "HealthCheckResponse")
    ]


REQUEST, RESPONSE = messages()


def check(request, context):
    if request.service == "hang":
        while context.is_active():
            time.sleep(0.01)
    if request.service == "limited":
        context.abort(grpc.StatusCode.DATA_LOSS, "limit notified" if context.time_remaining() < 60 else "no limit")
    if request.service not in STATES:
        context.abort(grpc.StatusCode.NOT_FOUND, "no 100 % such service\n")
    return RESPONSE(status=STATES[request.service])


def main():
    signal.signal(signal.SIGUSR1, lambda *_: STATES.update(orders=2))
    # Without a handler a container's first process ignores SIGTERM.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    handler = grpc.unary_unary_rpc_method_handler(check, REQUEST.FromString, RESPONSE.SerializeToString)
    service = "other.Service" if sys.argv[1:] == ["--no-health"] else "grpc.health.v1.Health"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Check": handler}),))
    if sys.argv[1:2] == ["--on"]:
        port = server.add_insecure_port(sys.argv[2])
    elif len(sys.argv) == 3:
        certificate, key = (open(path, "rb").read() for path in sys.argv[1:])
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


main()
