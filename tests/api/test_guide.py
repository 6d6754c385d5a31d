"""The examples of the guide work as they stand there."""

import re
import shlex
from pathlib import Path

import pytest

from .conftest import upload

GUIDE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"


def commands():
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line.startswith("curl ")]


def sent(command):
    """Method, address, headers, body and form of a curl command."""
    words = iter(shlex.split(command)[1:])
    method, address, headers, body, form = "GET", "", {}, None, []
    for word in words:
        match word:
            case "-sS":
                pass
            case "-X":
                method = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "-d":
                body = next(words)
            case "-F":
                form.append(tuple(next(words).split("=", 1)))
            case _:
                address = word
    return method, address, headers, body, form


def test_there_are_examples():
    assert len(commands()) >= 5


@pytest.mark.parametrize("command", [command for command in commands() if " -F " not in command])
def test_an_example_works(cast, olga, command):
    method, address, headers, body, _ = sent(command)
    assert headers.pop("Authorization") == "Bearer $TOKEN"
    headers.pop("Content-Type", None)
    path = address.removeprefix("$COMITY").replace("$PROGRAM", str(cast.program.pk))
    answer = olga.call(method, path, body, **headers)
    assert answer.status in (200, 201), answer.body


@pytest.mark.parametrize("command", [command for command in commands() if " -F " in command])
def test_an_upload_works(cast, olga, command):
    _, address, headers, _, form = sent(command)
    headers.pop("Authorization")
    fields = {name: value for name, value in form if not value.startswith("@")}
    assert (address, fields.pop("program_id")) == ("$COMITY/api/v1/imports", "$PROGRAM")
    files = {value.removeprefix("@"): "account,sector\r\nAcme,retail\r\n" for name, value in form if name == "files"}
    assert len(files) == 2
    answer = upload(olga, cast.program, files, headers=headers, **fields)
    assert answer.status == 202, answer.body
