"""The four servers of OpenStack Swift, on loopback ports that the system chooses.

Runs in Swift's own environment: ``python swift_servers.py FOLDER PAGE`` lays out one device below
the folder, prints ``{"port": ...}`` of the proxy, which lists PAGE keys at a time, and serves until
its standard input is closed.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import traceback
from pathlib import Path

HOST = "127.0.0.1"
KINDS = ("account", "container", "object")

SWIFT_CONF = """
[swift-hash]
swift_hash_path_suffix = tests
[storage-policy:0]
name = one
default = yes
[swift-constraints]
max_header_size = 32768
"""

COMMON = """
[DEFAULT]
bind_ip = {host}
bind_port = {port}
workers = 0
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
log_address = {folder}/no-log
log_level = ERROR
user = {user}
"""

BACKEND = """
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""

PROXY = """
[pipeline:main]
pipeline = {pipeline} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:cache]
use = egg:swift#memcache
memcache_servers = {host}:1
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
dns_compliant_bucket_names = no
max_bucket_listing = {page}
force_swift_request_proxy_log = no
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
"""

PIPELINE = (
    "catch_errors gatekeeper proxy-logging cache listing_formats bulk s3api tempauth slo dlo "
    "versioned_writes symlink proxy-logging"
)
PLAIN = sorted(set(PIPELINE.split()) - {"cache", "s3api", "tempauth"})


def make_rings(folder, ports):
    """Write the three rings of one device."""
    from swift.common.ring import RingBuilder

    for kind in KINDS:
        builder = RingBuilder(part_power=4, replicas=1, min_part_hours=0)
        device = {"region": 1, "zone": 1, "ip": HOST, "port": ports[kind], "device": "disk"}
        builder.add_dev({**device, "weight": 1, "replication_ip": HOST})
        builder.rebalance()
        builder.get_ring().save(str(folder / f"{kind}.ring.gz"))


def write_configurations(folder, ports):
    """Write ``swift.conf`` and one file a server; return their paths by kind."""
    import getpass

    (folder / "devices" / "disk").mkdir(parents=True)
    (folder / "swift.conf").write_text(SWIFT_CONF)
    paths = {}
    for kind, port in ports.items():
        text = COMMON.format(host=HOST, port=port, folder=folder, user=getpass.getuser())
        if kind == "proxy":
            text += PROXY.format(host=HOST, pipeline=PIPELINE, page=sys.argv[2])
            text += "".join(
                f"[filter:{name}]\nuse = egg:swift#{name.replace('-', '_')}\n" for name in PLAIN
            )
        else:
            text += BACKEND.format(kind=kind)
        paths[kind] = folder / f"{kind}.conf"
        paths[kind].write_text(text)
    return paths


def start(folder):
    """Start every server in a process of its own; return their ids and the proxy's port."""
    from swift.common import utils

    utils.SWIFT_CONF_FILE = str(folder / "swift.conf")  # read by what is imported later
    utils.monkey_patch()
    sockets = {kind: socket.create_server((HOST, 0), backlog=128) for kind in (*KINDS, "proxy")}
    ports = {kind: listening.getsockname()[1] for kind, listening in sockets.items()}
    paths = write_configurations(folder, ports)
    make_rings(folder, ports)
    children = []
    for kind, path in paths.items():
        child = os.fork()
        if not child:
            serve(kind, path, sockets[kind])
        children.append(child)
    for listening in sockets.values():
        listening.close()
    return children, ports["proxy"]


def serve(kind, path, listening):
    """Serve in this process until standard input is closed."""
    from eventlet import patcher
    from eventlet.greenio import GreenSocket
    from swift.common import utils, wsgi

    threading = patcher.original("threading")  # a real thread, not one of eventlet's
    threading.Thread(target=end_with_input, daemon=True).start()
    utils.validate_hash_conf()
    conf = utils.readconf(str(path), f"app:{kind}-server")
    try:
        wsgi.run_server(conf, utils.get_logger(conf, kind), GreenSocket(listening))
    finally:
        traceback.print_exc()
        os._exit(1)


def end_with_input():
    """End the process when whoever started it closes our standard input, or dies."""
    while os.read(0, 1):
        pass
    os._exit(0)


def main(folder):
    """Start the servers, tell the port, wait for their end."""
    children, port = start(folder)
    print(json.dumps({"port": port}), flush=True)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
