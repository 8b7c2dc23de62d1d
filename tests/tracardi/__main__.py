"""`python -m tests.tracardi PORT`: the stand-in on 127.0.0.1, with nobody and nothing in it, for `make demo`."""

import sys

from aiohttp import web

from tests.tracardi.standin import Tracardi

if __name__ == "__main__":
    web.run_app(Tracardi().app(), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
