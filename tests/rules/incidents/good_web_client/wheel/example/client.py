"""A client: it talks to the network when it is called."""

import os

import requests


class Client:
    def __init__(self, base, token=None):
        self.base = base
        self.session = requests.Session()
        self.token = token or os.environ.get("EXAMPLE_TOKEN")

    def get(self, path):
        return self.session.get(self.base + path, headers={"Authorization": self.token}).json()
