"""Reads the login of one host, for the caller."""

import netrc


def login(host):
    found = netrc.netrc().authenticators(host)
    return found[0], found[2]
