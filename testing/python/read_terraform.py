"""Reads Terraform from standard input as Terraform's grammar has it, and prints what it says as JSON."""

import json
import sys

import hcl2


def main() -> None:
    print(json.dumps(hcl2.load(sys.stdin)))


if __name__ == "__main__":
    main()
