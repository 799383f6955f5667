"""Serves moto, a stand-in for AWS, on a free port of the loopback until standard input closes.

Prints the port in one line. The account is the one that the environment's MOTO_ACCOUNT_ID names.
"""

import logging
import sys

from moto.server import ThreadedMotoServer


def main() -> None:
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
