"""Serves moto, a stand-in for AWS, on a free port of the loopback until standard input closes.

    serve_moto.py ACCOUNT

Prints the port in one line. Credentials that moto did not give itself, by lending a role, belong to the account.
"""

import logging
import sys

from moto.iam import models
from moto.server import ThreadedMotoServer


def main() -> None:
    # MOTO_ACCOUNT_ID would put the account of a lent role aside too.
    models.DEFAULT_ACCOUNT_ID = sys.argv[1]
    # A line for each request would hide what a test says.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    print(port, flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
