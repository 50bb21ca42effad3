"""The page in a real browser: it asks for nothing, complains of nothing, and needs no mouse."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from synfin.exports.page.page import in_script
from synfin.operations import explanation_page, open_session
from tests.exports.chromium import Browser
from tests.interfaces.files import MICROSECOND, SECOND, packet, pcapng
from tests.packets import ethernet, ipv4, tcp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synfin.explain.language import Lang

CLIENT, SERVER = "192.0.2.10", "192.0.2.80"
HOSTILE = b"</script><script>alert(1)</script><img src=http://192.0.2.1/x onerror=alert(2)>"


def page_of(capture: Path, folder: Path, lang: Lang = "en") -> Path:
    """The page about a capture's connection, as a file."""
    text = explanation_page(open_session(str(capture)), lang=lang)
    assert text is not None
    file = folder / f"{capture.stem}-{lang}.html"
    file.write_text(text, "utf-8")
    return file


def long_connection(folder: Path, *, segments: int = 97) -> Path:
    """A capture of a connection with two packets for each segment, and six more."""
    talk = [
        (True, b"", 0x02, 0, 0),
        (False, b"", 0x12, 0, 1),
        (True, b"", 0x10, 1, 1),
        (True, HOSTILE, 0x18, 1, 1),
    ]
    sent = len(HOSTILE) + 1
    for at in range(segments):
        talk.append((False, bytes(range(256)) * 5 + bytes(168), 0x18, 1 + 1448 * at, sent))
        talk.append((True, b"", 0x10, sent, 1 + 1448 * (at + 1)))
    end = 1 + 1448 * segments
    talk += [
        (True, b"", 0x11, sent, end),
        (False, b"", 0x11, end, sent + 1),
        (True, b"", 0x10, sent + 1, end + 1),
    ]
    packets = []
    for at, (from_client, data, flags, seq, ack) in enumerate(talk):
        ends = (CLIENT, SERVER) if from_client else (SERVER, CLIENT)
        ports = (40000, 80) if from_client else (80, 40000)
        segment = tcp(data, ports=ports, seq=seq, ack=ack if flags & 0x10 else 0, flags=flags)
        frame = ethernet(ipv4(segment, source=ends[0], destination=ends[1]))
        comments = (HOSTILE,) if at == 3 else ()
        packets.append(packet(SECOND + at * 700 * MICROSECOND, *comments, data=frame))
    return pcapng(folder, packets, interface=HOSTILE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as one:
        yield one


@pytest.fixture(scope="module")
def long_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    return page_of(long_connection(folder), folder)


@pytest.fixture(scope="module")
def plain_page(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_of(examples / "page.pcapng", tmp_path_factory.mktemp("page"))


def test_two_hundred_packets_take_less_than_two_megabytes(long_page: Path) -> None:
    assert long_page.read_text("utf-8").count('role="option"') == 201
    assert long_page.stat().st_size < 2_000_000


def test_it_opens_in_a_second_asks_for_nothing_and_complains_of_nothing(
    browser: Browser, long_page: Path
) -> None:
    browser.size(1280, 900)
    browser.call("Performance.enable", timeDomain="threadTicks")
    browser.open(long_page)
    metrics = {one["name"]: one["value"] for one in browser.call("Performance.getMetrics")["metrics"]}
    assert browser.run("document.querySelectorAll('#tree .node').length") > 30
    assert metrics["TaskDuration"] < 1  # seconds of the page's own thread: others may use the machine, too
    assert browser.requests() == []
    assert browser.complaints() == []


def test_it_forbids_itself_every_request(browser: Browser, plain_page: Path) -> None:
    browser.open(plain_page)
    browser.run(
        "new Promise(done => {const i = new Image(); i.onerror = done; i.src = 'http://127.0.0.1:9/x'})"
    )
    assert any("Content Security Policy" in one for one in browser.complaints())


def test_captured_text_stays_text(browser: Browser, long_page: Path) -> None:
    text = long_page.read_text("utf-8")
    assert "<script>alert" not in text
    assert "onerror=alert(2)>" not in text
    browser.open(long_page)
    browser.run("document.querySelector('[data-packet=\"4\"][role=option]').click()")
    assert browser.run("document.images.length") == 0
    assert browser.run("document.scripts.length") == 2
    assert "alert(1)" in browser.run("document.getElementById('tree').textContent")
    assert browser.complaints() == []


def test_json_cannot_leave_its_script() -> None:
    made = in_script({"a": "</script><!--\u2028&"})
    assert not set(made) & set("<>&\u2028")


@pytest.mark.parametrize("width", [400, 1600])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_window(browser: Browser, plain_page: Path, width: int, lang: str, scheme: str) -> None:
    browser.size(width, 900)
    browser.scheme(scheme)
    browser.open(plain_page)
    if lang == "zh":
        browser.run("document.getElementById('language').click()")
    assert browser.run("document.documentElement.scrollWidth") <= width
    outside = browser.run(
        "[...document.querySelectorAll('h1,h2,h3,p,li,.state,.words,.notes')].filter(e => {"
        "const r = e.getBoundingClientRect(); return r.width && (r.left < -1 || r.right > innerWidth + 1)"
        "}).map(e => e.textContent.slice(0, 40))"
    )
    assert outside == []
    smallest = browser.run(
        "Math.min(...[...document.querySelectorAll('#story li, .words *, .notes li')]"
        ".filter(e => e.offsetWidth).map(e => parseFloat(getComputedStyle(e).fontSize)))"
    )
    assert smallest >= 11
    assert browser.complaints() == []
    browser.scheme("light")


def test_a_field_lights_up_its_bytes_and_its_box(browser: Browser, plain_page: Path) -> None:
    browser.size(1280, 900)
    browser.open(plain_page)
    browser.run(
        "[...document.querySelectorAll('.node')].find(n => n.textContent.includes('Source Port')).click()"
    )
    lit = "[...document.querySelectorAll('#bytes [role].chosen')].map(e => e.textContent)"
    assert browser.run(lit) == ["da", "1c"]
    assert browser.run("document.querySelector('#boxes .chosen').textContent") == "Source Port55836"
    assert "RFC 9293" in browser.run("document.getElementById('meaning').textContent")


def test_a_byte_leads_to_its_field_and_a_box_to_both(browser: Browser, plain_page: Path) -> None:
    browser.size(1280, 900)
    browser.open(plain_page)
    browser.run("document.querySelector('#bytes [data-at=\"22\"]').click()")
    assert "Time to Live: 64" in browser.run("document.querySelector('#tree .chosen').textContent")
    browser.run(
        "[...document.querySelectorAll('button.box')].find(b => b.textContent.startsWith('Window')).click()"
    )
    assert "Window: 64240" in browser.run("document.querySelector('#tree .chosen').textContent")
    assert browser.run("document.querySelectorAll('#bytes [role].chosen').length") == 2


def test_resting_on_a_field_shows_its_bytes_for_as_long(browser: Browser, plain_page: Path) -> None:
    browser.size(1280, 900)
    browser.open(plain_page)
    browser.run("document.getElementById('tree').scrollIntoView({behavior: 'instant'})")
    at = browser.run(
        "(() => {const node = [...document.querySelectorAll('.node')].find("
        "n => n.textContent.includes('Time to Live')); const r = node.getBoundingClientRect();"
        " return [r.left + 60, r.top + 5]})()"
    )
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=at[0], y=at[1])
    assert browser.run("document.querySelectorAll('#bytes [role].hot').length") == 1
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=2, y=2)
    assert browser.run("document.querySelectorAll('.hot').length") == 0


def test_the_keyboard_is_enough(browser: Browser, plain_page: Path) -> None:
    browser.size(1280, 900)
    browser.open(plain_page)
    browser.run("document.getElementById('list').focus()")
    browser.press("ArrowDown")
    assert browser.run("document.querySelector('[aria-selected=true][role=option]').dataset.packet") == "6"
    focused = []
    for _ in range(5):
        browser.press("Tab")
        focused.append(browser.run("document.activeElement.id || document.activeElement.className"))
    assert "tree" in focused
    browser.run("document.getElementById('tree').focus()")
    for _ in range(3):
        browser.press("ArrowDown")
    assert browser.run("document.querySelectorAll('#tree [aria-selected=true]').length") == 1
    browser.press("End")
    assert browser.run("document.getElementById('meaning').textContent.length") > 10
    browser.run("document.querySelector('button.box').focus()")
    browser.press("ArrowRight")
    assert browser.run("document.activeElement.className").startswith("box")


def test_the_plots_can_be_stepped_through(browser: Browser, plain_page: Path) -> None:
    browser.open(plain_page)
    assert browser.run("document.querySelectorAll('#charts svg').length") == 4
    browser.run("document.querySelector('#charts svg').focus()")
    browser.press("ArrowRight")
    assert browser.run("document.querySelector('.readout').textContent").startswith("#8 ")


def test_both_languages_are_there_and_one_is_shown(browser: Browser, plain_page: Path) -> None:
    browser.open(plain_page)
    shown = "document.querySelector('main').innerText"
    assert "The client asks to talk" in browser.run(shown)
    assert not re.search(r"[\u4e00-\u9fff]", browser.run("document.getElementById('story').innerText"))
    browser.run("document.getElementById('language').click()")
    assert "The client asks to talk" not in browser.run(shown)
    assert "三次握手" in browser.run(shown)
    assert browser.run("document.documentElement.lang") == "zh-Hans"


def test_a_term_tells_its_meaning(browser: Browser, plain_page: Path) -> None:
    browser.open(plain_page)
    browser.run("[...document.querySelectorAll('.term')].find(e => e.checkVisibility()).focus()")
    assert browser.run("!document.getElementById('tip').hidden")
    assert browser.run("document.getElementById('tip').textContent.length") > 20


def test_folds_can_be_opened(browser: Browser, long_page: Path) -> None:
    browser.open(long_page)
    assert browser.run("document.querySelectorAll('.fold').length") == 1
    hidden = browser.run("document.querySelectorAll('.fold .inner > li').length")
    assert hidden > 50
    assert browser.run("[...document.querySelectorAll('.fold .inner > li')].every(e => !e.checkVisibility())")
    browser.run("document.querySelector('.fold summary').click()")
    assert browser.run("document.querySelector('.fold .inner > li').checkVisibility()")


def test_a_sentence_leads_to_its_packet(browser: Browser, plain_page: Path) -> None:
    browser.open(plain_page)
    browser.run("document.querySelector('#story a[data-packet=\"16\"]').click()")
    assert browser.run("document.querySelector('[role=option][aria-selected=true]').dataset.packet") == "16"


def test_it_prints_without_what_only_works_on_a_screen(browser: Browser, plain_page: Path) -> None:
    browser.open(plain_page)
    browser.call("Emulation.setEmulatedMedia", media="print")
    seen = "[...document.querySelectorAll('.bar,.detail,.help')].filter(e => e.checkVisibility()).length"
    assert browser.run(seen) == 0
    assert len(browser.call("Page.printToPDF")["data"]) > 10_000
    browser.call("Emulation.setEmulatedMedia", media="")
