"""The page in a real browser: charts are drawn, no script fails, and nothing is asked of any network."""

import json
import re
import shutil
import subprocess
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from made_sweeps import corpus, make_sweep, omitting

from asrdiag.report.contents import contents_of
from asrdiag.report.page.document import page_of
from asrdiag.store.folder import RunFolder

pytest.importorskip("plotly", reason="plotly is not installed: pip install 'asrdiag[report]'")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"found none of {', '.join(NAMES)}")

# A browser of its own, which keeps to itself and resolves no name.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


@dataclass(frozen=True)
class Visit:
    """What became of a page once its scripts had run."""

    dom: str
    """Without its scripts."""
    complaints: list[str]
    """Lines of its console: script errors, and what its policy refused."""
    requests: list[str]
    """Addresses that the page, and not the browser itself, asked for."""


def visit(path: Path, folder: Path) -> Visit:
    assert BROWSER
    log = folder / "net.json"
    ended = subprocess.run(
        [
            *(BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}"),
            *("--enable-logging=stderr", "--virtual-time-budget=15000", "--window-size=1200,900"),
            *("--dump-dom", path.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(log.read_text())
    started = found["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    parameters = [event.get("params") or {} for event in found["events"] if event["type"] == started]
    return Visit(
        re.sub("<script.*?</script>", "", ended.stdout, flags=re.DOTALL),
        [line for line in ended.stderr.splitlines() if "CONSOLE" in line],
        [each["url"] for each in parameters if each.get("initiator", "not an origin") != "not an origin"],
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    said = corpus(6)
    said[0] = type(said[0])("u00", said[0].reference + " <img src=http://example.test/said.png>")
    cells = {
        f"{system}/set/{condition}": {
            **omitting(said, [n, n + 2]),
            "u00": "</script><script>alert(1)</script>",
        }
        for n, system in enumerate(("one", "two"))
        for condition in ("as_recorded", "echo.m000", "echo.m100")
    }
    return page_of(
        contents_of([RunFolder(make_sweep(tmp_path_factory.mktemp("browser") / "run", said, cells))])
    )


PROBE = """
const seen = {};
const rates = () => [...document.querySelectorAll("#rates tbody tr")].map((row) => row.cells[2].textContent);
const shown = () => [...document.querySelectorAll(".case")].filter((item) => !item.hidden);
const points = (section) => document.querySelectorAll(`#${section} path.point`).length;
const pick = (menu, value) => { menu.value = value; menu.dispatchEvent(new Event("change")); };
const [rate] = [...document.querySelectorAll("#rates th.n button")];
rate.click();
seen.rising = rates();
rate.click();
seen.falling = rates();
seen.sorted = rate.parentElement.getAttribute("aria-sort");
seen.pointsBefore = points("changes");
document.querySelector("#curves .key[data-system=two]").click();
setTimeout(() => {
  seen.pointsAfter = points("changes");
  seen.pressed = [...document.querySelectorAll(".key[data-system=two]")].map((key) => key.ariaPressed);
  pick(document.querySelector("#modes select"), "1");
  seen.caption = document.querySelector("#modes figcaption").textContent;
  seen.cases = shown().length;
  pick(document.querySelector("select[data-filter=system]"), "two");
  seen.casesOfTwo = shown().map((item) => item.dataset.system);
  document.body.append(Object.assign(document.createElement("pre"), {textContent: JSON.stringify(seen)}));
}, 500);
"""


def test_charts_are_drawn_and_answer_without_error_or_request(page: str, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    # The policy knows the probe as it knows the page's own scripts.
    allowed = f"script-src 'sha256-{b64encode(sha256(PROBE.encode()).digest()).decode()}' "
    text = page.replace("script-src ", allowed, 1).replace("</body>", f"<script>{PROBE}</script></body>")
    path.write_text(text, encoding="utf-8")
    seen = visit(path, tmp_path)
    assert seen.complaints == []
    assert seen.requests == []
    assert 'data-drawn="true"' in seen.dom  # our script came to its end
    # Heat map, curve, changes and modes: each with a drawing of its own.
    assert page.count("class=plot ") == 4
    assert seen.dom.count('class="plot js-plotly-plot"') == seen.dom.count("svg-container") == 4
    # As many numbers on the heat map as it has cells.
    assert (seen.dom.count('class="hm"'), seen.dom.count('class="textpoint"')) == (1, 6)
    [found] = re.findall(r"<pre>({.*})</pre>", seen.dom)
    told = json.loads(found)
    # Sorted as numbers: as text 100 and more would come before 20.
    assert [float(rate) for rate in told["rising"]] == sorted(float(rate) for rate in told["rising"])
    assert told["falling"] == told["rising"][::-1]
    assert told["sorted"] == "descending"
    # Two systems under two conditions; then one of them is switched off, in both legends.
    assert (told["pointsBefore"], told["pointsAfter"]) == (4, 2)
    assert told["pressed"] == ["false", "false"]
    assert told["caption"].startswith("What two made of the clips of set;")
    assert told["cases"] == 12
    assert set(told["casesOfTwo"]) == {"two"}


def test_a_request_and_an_error_would_be_seen(page: str, tmp_path: Path) -> None:
    """The same with a page that asks for an image and fails, without the policy that forbids it."""
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', page)
    assert policy
    body = '<img src="http://example.test/x.png"><script>nothingOfThisName();</script></body>'
    path = tmp_path / "bad.html"
    path.write_text(page.replace(policy[0], "").replace("</body>", body), encoding="utf-8")
    seen = visit(path, tmp_path)
    assert seen.requests == ["http://example.test/x.png"]
    assert any("nothingOfThisName is not defined" in line for line in seen.complaints)


def test_the_policy_stops_what_should_ever_get_in(page: str, tmp_path: Path) -> None:
    body = '<img src="http://example.test/x.png"><script>document.title = "taken";</script></body>'
    path = tmp_path / "bad.html"
    path.write_text(page.replace("</body>", body), encoding="utf-8")
    seen = visit(path, tmp_path)
    assert seen.requests == []
    assert "<title>taken" not in seen.dom
    assert len([line for line in seen.complaints if "Content Security Policy" in line]) == 2
