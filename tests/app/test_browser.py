"""The explorer through its real server in a real browser: what AppTest cannot see."""

import csv
import io
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from explorer_runs import Runs

from asrdiag.cli.explore import command

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


@dataclass
class Browser:
    """A browser on the explorer's server, and what went wrong in it."""

    engine: Any
    url: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def page(self, path: str = "/") -> Any:
        """A page in a browser profile of its own, once it is drawn."""
        context = self.engine.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
        page = context.new_page()
        page.on("console", self._said)
        page.on("request", self._asked)
        page.goto(self.url + path)
        return settle(page)

    def _said(self, message: Any) -> None:
        # Below a page's path Streamlit asks for two files of its server in vain, then asks above.
        if message.type == "error" and "/_stcore/" not in str(message.location):
            self.errors.append(f"{message.text} {message.location}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.outside.append(request.url)


@pytest.fixture(scope="module")
def browser(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    pytest.importorskip("streamlit")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with (
        log.open("w") as stream,
        subprocess.Popen(command([runs.plain], port, headless=True), stdout=stream, stderr=stream) as server,
    ):
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server, log)
            with playwright.sync_playwright() as driver:
                engine = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                yield Browser(engine, f"http://127.0.0.1:{port}")
                engine.close()
        finally:
            server.terminate()


def _wait_for(url: str, server: Any, log: Path) -> None:
    until = time.monotonic() + 300
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text()
        try:
            urlopen(url, timeout=30).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())


def settle(page: Any) -> Any:
    """The page, once its script has run and everything is drawn."""
    page.wait_for_function(
        """() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
            && document.querySelector('[data-testid=stMain] h1')
            && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]')"""
    )
    page.wait_for_timeout(150)
    return page


def choose(page: Any, row: int, table: int = 0) -> None:
    """Click the mark before a row of a table, which is a canvas."""
    box = page.locator("[data-testid=stDataFrame]").nth(table).bounding_box()
    page.mouse.click(box["x"] + 12, box["y"] + 36 + 35 * row + 17)
    page.wait_for_timeout(300)
    settle(page)


def cell(page: Any, row: int, column: int, table: int = 0) -> str:
    """The text of a cell; column 0 has the marks."""
    own = page.locator("[data-testid=stDataFrame]").nth(table)
    return str(own.locator(f"[id='glide-cell-{column}-{row}']").text_content())


def test_from_a_cell_to_its_cases_to_a_case_that_is_heard(browser: Browser) -> None:
    page = browser.page()
    choose(page, 3)
    page.wait_for_url("**/cases?*")
    settle(page)
    assert "system=bad" in page.url and "condition=noise" in page.url
    assert cell(page, 0, 1) == "u1" and page.locator("h3").first.inner_text() == "u1 · bad"

    words = page.locator(".line .cell.time")
    assert words.all_inner_texts() == ["the", "cat"]
    audio = page.locator("audio:not([hidden])")
    words.nth(1).click()
    page.wait_for_function("audio => audio.currentTime >= 1.5", arg=audio.element_handle())
    assert audio.evaluate("audio => audio.duration") == pytest.approx(3, abs=0.01)
    audio.evaluate("audio => audio.pause()")
    page.get_by_role("button", name="as recorded").click()
    page.wait_for_function(
        "audio => audio.currentTime >= 1.5", arg=audio.element_handle()
    )  # as far as before

    page.keyboard.press("n")
    page.wait_for_url("**sample=u3**")
    settle(page)
    assert page.locator("h3").first.inner_text() == "u3 · bad"
    assert page.title() != "hit" and page.locator(".line img, .line script").count() == 0
    choose(page, 2)
    page.wait_for_url("**sample=z1**")
    settle(page)
    assert "汽" in page.locator(".character").inner_text()

    again = browser.page(page.url.removeprefix(browser.url))  # a fresh browser
    assert again.locator("h3").first.inner_text() == "z1 · bad"
    again.get_by_role("button", name="Export").click()
    with again.expect_download() as download:
        again.get_by_test_id("stPopoverBody").get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert [row["sample_id"] for row in rows] == [cell(again, row, 1) for row in range(5)]
    assert browser.errors == [] and browser.outside == []


def test_the_player_keeps_its_place_and_keys_are_left_to_a_field(browser: Browser) -> None:
    page = browser.page("/cases?system=bad&condition=noise&sample=u1")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    heard, recorded = (page.locator("audio").nth(place) for place in range(2))

    def time(audio: Any) -> float:
        return float(audio.evaluate("audio => audio.currentTime"))

    images = page.locator(".take img")
    assert images.evaluate_all("all => all.map(each => each.naturalWidth > 0)") == [True] * 4
    box = page.locator(".take .area").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)  # the middle of 3 s
    assert time(heard) == pytest.approx(1.5, abs=0.02)
    page.keyboard.press("t")
    assert time(recorded) == pytest.approx(1.5, abs=0.02) and heard.is_hidden() and recorded.is_visible()
    page.keyboard.press("k")
    page.wait_for_function("audio => audio.currentTime > 1.7", arg=recorded.element_handle())
    page.get_by_role("button", name="as heard").click()  # plays on in the other version
    page.wait_for_function("audio => audio.currentTime > 1.9", arg=heard.element_handle())
    assert recorded.evaluate("audio => audio.paused")
    page.keyboard.press("k")
    at = time(heard)

    page.get_by_label("Note").fill("")
    page.get_by_label("Note").press_sequentially("knpt")
    settle(page)
    assert page.get_by_label("Note").input_value() == "knpt"
    assert "sample=u1" in page.url and time(heard) == at and heard.is_visible()

    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{browser.url}/cases?run=plain&system=bad&dataset=set&condition=noise&sample=u1"
    again = browser.page(link.removeprefix(browser.url))
    assert again.locator("h3").first.inner_text() == "u1 · bad"
    assert browser.errors == [] and browser.outside == []


def test_filters_stay_from_page_to_page_and_back(browser: Browser) -> None:
    page = browser.page("/cases?system=bad&mode=truncation")
    page.get_by_role("link", name="Leaderboard").click()
    page.wait_for_url("**/?system=bad*")
    settle(page)
    page.get_by_role("link", name="Cases").click()
    page.wait_for_url("**/cases?system=bad&mode=truncation")
    settle(page)
    assert cell(page, 0, 1) == "u1"
    choose(page, 2)
    assert "sample=u3" in page.url
    page.go_back()
    page.wait_for_url("**/cases?system=bad&mode=truncation")
    settle(page)
    assert browser.errors == [] and browser.outside == []


def test_a_reward_follows_while_one_types(browser: Browser) -> None:
    page = browser.page("/rollouts?sample=u1&cell=plain/bad/set/noise")
    field, reward = page.get_by_label("Transcript"), page.locator("[data-testid=stMetricValue]").first
    field.fill("the cat sat on the mat by the door")
    page.wait_for_function("shown => shown.innerText === '1.000000'", arg=reward.element_handle())
    assert (
        field.input_value().endswith("door") and page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    )
    assert page.locator(".line .name.open").last.inner_text().startswith("typed")
    assert browser.errors == [] and browser.outside == []


def test_only_this_machine_is_served(browser: Browser) -> None:
    port = browser.url.rpartition(":")[2]
    listening = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=False).stdout
    if not listening:
        pytest.skip("ss cannot tell which addresses are listened on")
    found = [line.split()[3] for line in listening.splitlines() if line.split()[3].endswith(f":{port}")]
    assert found == [f"127.0.0.1:{port}"]
    assert sys.executable in command([], 1, headless=True)


def test_charts_lead_to_cases_and_to_pairs(browser: Browser) -> None:
    page = browser.page("/robustness")
    heat = page.locator(".js-plotly-plot", has=page.locator(".heatmaplayer image")).first
    box = heat.locator("path.point").nth(3).bounding_box()  # systems across: `bad` under `noise`
    page.mouse.click(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2)
    page.wait_for_url("**/cases?*")
    assert "system=bad" in page.url and "condition=noise" in page.url
    page = browser.page("/compare?condition=as_recorded")
    box = page.locator(".js-plotly-plot").first.locator("path.point").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**compare.at=*")
    settle(page)
    assert page.get_by_text("Chosen pairs").count() == 1
    assert browser.errors == [] and browser.outside == []
