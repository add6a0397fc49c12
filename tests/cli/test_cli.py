"""The command line: help, exit codes, and errors as sentences."""

from __future__ import annotations

import argparse
import errno
import os
import subprocess
import sys
import types

import pytest

import lowcost
from lowcost import cli
from lowcost.errors import InputError


@pytest.fixture
def command(monkeypatch):
    """Replace the commands by one, ``try``, that does what the test tells it."""

    def install(action):
        module = types.ModuleType("lowcost.cli.try")
        module.add_parser = lambda subparsers: subparsers.add_parser("try").add_argument("--number", type=int)
        module.run = action
        monkeypatch.setitem(sys.modules, "lowcost.cli.try", module)
        monkeypatch.setattr(cli, "COMMANDS", {"try": "a test"})

    return install


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_its_help(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([name, "--help"])
    assert stopped.value.code == 0
    assert f"usage: lowcost {name}" in capsys.readouterr().out


def test_help_names_every_command_and_exit_code(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    for word in [*cli.COMMANDS, "examples:", "exit codes:", "For Research Use Only"]:
        assert word in text
    assert ">>>" not in text


def test_version(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"lowcost {lowcost.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["unheard-of"], ["--unheard-of"], ["doctor", "--unheard-of"]])
def test_arguments_that_cannot_be_understood_exit_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert "usage: lowcost" in capsys.readouterr().err


def test_an_unknown_argument_shows_how_the_command_is_used(capsys):
    with pytest.raises(SystemExit):
        cli.main(["doctor", "--unheard-of"])
    said = capsys.readouterr().err
    assert said.startswith("usage: lowcost doctor ")
    assert "unrecognized arguments: --unheard-of" in said


@pytest.mark.parametrize("code", [0, 1])
def test_the_commands_exit_code_is_returned(command, code):
    command(lambda args: code)
    assert cli.main(["try"]) == code


def test_arguments_reach_the_command(command):
    command(lambda args: args.number)
    assert cli.main(["try", "--number", "1"]) == 1


def test_an_error_is_one_sentence_on_standard_error(command, capsys):
    def fail(args: argparse.Namespace) -> int:
        raise InputError("field.jpg is empty")

    command(fail)
    assert cli.main(["try"]) == 2
    captured = capsys.readouterr()
    assert captured.err == "lowcost: error: field.jpg is empty\n"
    assert captured.out == ""


def test_ctrl_c(command, capsys):
    def interrupt(args: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    command(interrupt)
    assert cli.main(["try"]) == 130
    assert capsys.readouterr().err == "lowcost: interrupted\n"


def test_our_own_faults_are_not_hidden(command):
    def fail(args: argparse.Namespace) -> int:
        raise ZeroDivisionError

    command(fail)
    with pytest.raises(ZeroDivisionError):
        cli.main(["try"])


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX pipes")
def test_a_closed_pipe_is_silent():
    reader, writer = os.pipe()
    os.close(reader)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-m", "lowcost", "doctor", "--json"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=environment,
    )
    os.close(writer)
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_standard_output_on_a_full_disk():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lowcost", "doctor"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
    assert done.returncode == 1
    assert done.stderr == "lowcost: error: standard output cannot be written: No space left on device\n"


def test_closed_standard_output_and_error(command, monkeypatch):
    command(lambda args: print("said to nobody") or print("neither", file=sys.stderr) or 0)
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert cli.main(["try"]) == 0


def test_a_file_that_nobody_thought_of_is_one_sentence(command, capsys, tmp_path):
    def fail(args: argparse.Namespace) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "a.npz"))

    command(fail)
    assert cli.main(["try"]) == 2
    said = f"lowcost: error: cannot use {tmp_path / 'a.npz'}: you may not write there: choose another folder\n"
    assert capsys.readouterr().err == said


def test_a_full_disk_that_is_not_standard_outputs(command, capsys):
    def fail(args: argparse.Namespace) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")  # as writing says it, without a name

    command(fail)
    assert cli.main(["try"]) == 2
    assert "cannot use a file: the disk is full: free some space" in capsys.readouterr().err


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_no_command_takes_an_unheard_of_flag(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([name, "--unheard-of"])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "usage: lowcost" in said
    assert said.count("error:") == 1
