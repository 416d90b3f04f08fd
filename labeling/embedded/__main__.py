"""The servers by hand: python -m labeling.embedded start | status | stop | destroy  [--instance NAME]"""

# ruff: noqa: T201 - a command speaks by printing

import argparse
import sys

from labeling import embedded


def main() -> int:
    parser = argparse.ArgumentParser(prog="labeling.embedded", description=embedded.__doc__)
    parser.add_argument("verb", choices=["start", "status", "stop", "destroy"])
    parser.add_argument("--instance", default="demo", help="which pair of servers (demo, test, …)")
    parser.add_argument("--spare-users", action="store_true", help="stop only what nobody uses at the moment")
    asked = parser.parse_args()
    try:
        return obey(asked)
    except embedded.CannotServe as error:
        print(error, file=sys.stderr)
        return 1


def obey(asked: argparse.Namespace) -> int:
    if asked.verb == "stop":
        embedded.stop(asked.instance, spare_users=asked.spare_users)
        return 0
    if asked.verb == "destroy":
        embedded.destroy(asked.instance)
        return 0
    services = embedded.start(asked.instance) if asked.verb == "start" else embedded.urls(asked.instance)
    if services is None:
        print(f"The {asked.instance} servers are not running.")
        return 3
    print(f"DATABASE_URL={services.database_url}\nREDIS_URL={services.redis_url}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
