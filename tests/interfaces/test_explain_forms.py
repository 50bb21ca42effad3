"""`synfin explain`, `packet` and `header` in every form: what is written where, and what is refused."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interfaces.conftest import Command

USAGE = 2


@pytest.mark.parametrize("picture", ["ladder", "states", "layers"])
def test_a_picture_goes_to_the_file(synfin: Command, examples: Path, tmp_path: Path, picture: str) -> None:
    out = tmp_path / "picture.svg"
    page = examples / "page.pcapng"
    said = synfin("explain", page, "--format", "svg", "--picture", picture, "-o", out)
    assert (said.code, said.out) == (0, "")
    assert ET.parse(out).getroot().tag.endswith("svg")


def test_the_picture_in_chinese_is_in_chinese(synfin: Command, examples: Path) -> None:
    said = synfin("explain", examples / "page.pcapng", "--format", "svg", "--lang", "zh")
    assert "客户端" in said.out


@pytest.mark.parametrize("arguments", [("packet", "8"), ("header", "tcp")])
def test_headers_are_drawn_too(synfin: Command, examples: Path, arguments: tuple[str, str]) -> None:
    command, what = arguments
    names = [examples / "page.pcapng", what] if command == "packet" else [what]
    assert ET.fromstring(synfin(command, *names, "--format", "svg").out).tag.endswith("svg")
    assert json.loads(synfin(command, *names, "--format", "json").out)


def test_mermaid_is_a_sequence_diagram(synfin: Command, examples: Path) -> None:
    said = synfin("explain", examples / "refused.pcapng", "--format", "mermaid").out
    assert "sequenceDiagram" in said
    assert "RST ACK" in said


def test_html_is_one_file(synfin: Command, examples: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert synfin("explain", examples / "page.pcapng", "--format", "html", "-o", out).code == 0
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    assert out.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_the_layers_are_told_as_text(synfin: Command, examples: Path) -> None:
    said = synfin("explain", examples / "page.pcapng", "--picture", "layers").out
    assert "Address Resolution Protocol (arp)  ×2" in said


def test_a_form_that_there_is_not_is_refused(synfin: Command, examples: Path) -> None:
    said = synfin("explain", examples / "page.pcapng", "--picture", "layers", "--format", "mermaid")
    assert said.code == USAGE


def test_the_capture_itself_is_not_overwritten(synfin: Command, examples: Path, tmp_path: Path) -> None:
    copy = tmp_path / "page.pcapng"
    shutil.copy(examples / "page.pcapng", copy)
    before = copy.read_bytes()
    said = synfin("explain", copy, "--format", "html", "-o", copy)
    assert said.code == USAGE
    assert copy.read_bytes() == before


def test_a_place_that_cannot_be_written_is_named(synfin: Command, examples: Path, tmp_path: Path) -> None:
    said = synfin("explain", examples / "page.pcapng", "--format", "svg", "-o", tmp_path / "no" / "x.svg")
    assert said.code == USAGE
    assert "x.svg cannot be written" in said.err
