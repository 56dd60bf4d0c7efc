"""The report in a real browser: it loads nothing, runs nothing, and holds for eyes, keyboard, screen reader and paper."""
import json
import re

import pytest

import report_data
from browser import CHROMIUM, Browser

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onload='alert(1)", "</title></style></svg><script>alert(2)</script>",
           "\u202egnp.exe\u202c", "a\u0000\u001b[31m", "x" * 900, "&lt;script&gt;alert(3)&lt;/script&gt;", "-->", "javascript:alert(4)"]


@pytest.fixture
def browser(tmp_path):
    assert CHROMIUM, "chromium is missing: tools/setup check"
    one = Browser(tmp_path / "profile")
    yield one
    one.close()


@pytest.fixture
def report(inferometer, tmp_path):
    """Writes the report of a directory and gives its path."""
    def write(folder, *arguments):
        done = inferometer("analyze", "--metrics-dir", folder, "--report", "out.html", "--format", "csv", *arguments)
        assert done.returncode == 0, done.stderr
        return tmp_path / "out.html"

    return write


def hostile_directory(folder):
    """Names that would be markup, in every place that a name can come from."""
    for number, name in enumerate(HOSTILE):
        place = folder / re.sub(r"[/\0]", "_", name)[:60]
        place.mkdir(parents=True)
        record = {"timestamp": f"2026-11-20T08:00:{number:02}Z", "device_id": f"a{number}", "model_name": name, "inference_time_ms": 100,
                  "memory_used_mb": 1, "cpu_percent_avg": 5, "energy_consumed_mj": 10, "compute_device": name, "record_id": f"{name}/1/1",
                  "generated_tokens": 10, "decode_ms": 50, "energy_source": name, "energy_scope": name, "temperature_c": 40,
                  "flags": [name], "session_id": name, "status": "ok"}
        (place / "inference_metrics_1.json").write_text(
            json.dumps({"context": {"cpu_model": name, "engine": name}, "detailed_metrics": [record]}))
    return folder


def network(browser):
    return [url for url in browser.requests if not url.startswith(("file:", "data:"))]


def test_page_loads_nothing_and_says_nothing(report, browser, tmp_path):
    browser.open(report(report_data.make(tmp_path / "metrics"), "--compare"))
    assert browser.run("document.querySelectorAll('svg').length") > 20
    assert [url for url in browser.requests if url.startswith("file:")] == [(tmp_path / "out.html").as_uri()]
    assert network(browser) == [] and browser.console == [] and browser.dialogs == []


def test_policy_would_stop_what_got_in(report, browser, tmp_path):
    page = report(report_data.make(tmp_path / "metrics", 20))
    page.write_text(page.read_text().replace("</main>", "<script>document.title='run'</script><img src='http://127.0.0.1:9/x.png'></main>"))
    browser.open(page)
    assert browser.run("document.title") != "run"
    assert browser.console, "the browser says what its policy stopped"


def test_hostile_names_are_text(report, browser, tmp_path):
    browser.open(report(hostile_directory(tmp_path / "metrics"), "--compare", "--by", "cpu_model,model_name"))
    assert browser.dialogs == [] and browser.console == [] and network(browser) == []
    assert browser.run("document.querySelectorAll('script,img,iframe,object,embed,foreignObject,use,image').length") == 0
    assert browser.run("[...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).filter(a => a.name.startsWith('on')).length") == 0
    names = browser.run("[...document.querySelectorAll('#table-time tbody tr th:first-child')].map(e => e.textContent)")
    assert "<script>alert(1)</script>" in names and "' onload='alert(1)" in names and "\\u202egnp.exe\\u202c" in names
    assert "&lt;script&gt;alert(3)&lt;/script&gt;" in names
    assert max(map(len, names)) <= 64
    assert browser.run("document.documentElement.outerHTML.includes('\\u202e')") is False


def test_pictures_and_tables_have_names(report, browser, tmp_path):
    browser.open(report(report_data.make(tmp_path / "metrics", 80)))
    assert browser.run("[...document.querySelectorAll('svg')].filter(s => s.getAttribute('role') != 'img' || !s.querySelector('title')"
                       ".textContent || s.getAttribute('aria-labelledby') != s.querySelector('title').id"
                       " || s.getAttribute('aria-describedby') != s.querySelector('desc').id || !s.querySelector('desc').textContent).length") == 0
    assert browser.run("[...document.querySelectorAll('table')].filter(t => !t.caption || !t.tHead || !t.tBodies[0].rows.length).length") == 0
    assert browser.run("[...document.querySelectorAll('th')].filter(t => !['row', 'col'].includes(t.getAttribute('scope'))).length") == 0
    assert browser.run("[...document.querySelectorAll('tbody tr')].filter(r => r.cells[0].tagName != 'TH').length") == 0
    assert browser.run("document.documentElement.lang") == "en" and browser.run("document.title").startswith("Inferometer report: ")
    tree = browser.call("Accessibility.getFullAXTree")["nodes"]
    pictures = [node for node in tree if not node.get("ignored") and node["role"]["value"] in ("image", "img", "SvgRoot")]
    assert len(pictures) > 20 and all(node.get("name", {}).get("value") for node in pictures)


def test_every_picture_is_there_once_on_every_screen(report, browser, tmp_path):
    page = report(report_data.make(tmp_path / "metrics", 40), "--compare", "--by", "model_name")
    seen = []
    for width, phone in ((1280, False), (390, True)):
        browser.size(width, 900, phone)
        browser.open(page)
        assert browser.run("document.documentElement.scrollWidth") == width, "nothing but tables scrolls sideways"
        shown = browser.run("[...document.querySelectorAll('svg')].filter(s => s.getClientRects().length).map(s => s.querySelector('title').textContent)")
        wider = browser.run("[...document.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().right > innerWidth + 1).length")
        assert wider == 0
        seen.append(sorted(shown))
    assert seen[0] == seen[1] and len(seen[0]) > 20
    assert "inference_time_ms of each group by that of the first" in seen[0]


def luminance(rgb):
    parts = [value / 255 for value in rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def colour(browser, selector, name):
    value = browser.run(f"getComputedStyle(document.querySelector({selector!r})).{name}")
    return tuple(map(int, re.findall(r"\d+", value)[:3]))


def drawn(browser, selector, name, below):
    """What is seen of a colour that may let through what it lies on."""
    opacity = float(browser.run(f"getComputedStyle(document.querySelector({selector!r})).opacity"))
    return tuple(opacity * over + (1 - opacity) * under for over, under in zip(colour(browser, selector, name), below))


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_and_marks_stand_out(report, browser, tmp_path, scheme):
    browser.scheme(scheme)
    browser.open(report(report_data.make(tmp_path / "metrics", 40), "--compare", "--by", "model_name"))
    page = colour(browser, "html", "backgroundColor")
    assert (luminance(page) < 0.1) == (scheme == "dark")
    for selector, name, least in (("body", "color", 4.5), (".note", "color", 4.5), ("nav a", "color", 4.5), ("svg text.q", "fill", 4.5),
                                  ("svg .bar", "fill", 3), ("svg .few", "stroke", 3),
                                  ("svg .alarm", "stroke", 3), ("svg .axis", "stroke", 3), ("svg .line", "stroke", 3)):
        assert contrast(drawn(browser, selector, name, page), page) >= least, (selector, scheme)
    shade = drawn(browser, "svg .same", "fill", page)  # the margin of a comparison, on which its marks and intervals may lie
    assert contrast(shade, page) > 1.1
    for selector, name in ((".mark", "fill"), (".hollow", "stroke"), (".line", "stroke"), (".axis", "stroke")):
        assert contrast(drawn(browser, f"svg:has(.same) {selector}", name, shade), shade) >= 3, (selector, scheme)
    browser.open(report(report_data.make(tmp_path / "more", 120)))  # where there are many dots, they are fainter
    assert contrast(drawn(browser, "svg .dots:not(.few)", "stroke", page), page) >= 3, scheme


def test_keyboard_reaches_the_report_and_sees_where_it_is(report, browser, tmp_path):
    browser.open(report(report_data.make(tmp_path / "metrics", 20)))
    browser.press("Tab")
    assert browser.run("document.activeElement.className") == "skip"
    assert browser.run("document.activeElement.getBoundingClientRect().left") >= 0, "the skip link shows when it has the focus"
    browser.press("Enter")
    assert browser.run("location.hash") == "#main"
    browser.press("Tab")
    assert browser.run("document.querySelector('main').contains(document.activeElement)")
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert browser.run("[...document.querySelectorAll('.scroll')].every(s => s.tabIndex == 0)"), "the keyboard scrolls wide tables"


def test_page_prints_light_and_whole(report, browser, tmp_path):
    browser.scheme("dark")
    browser.open(report(report_data.make(tmp_path / "metrics", 40)))
    browser.print(tmp_path / "out.pdf")
    pdf = (tmp_path / "out.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-") and len(pdf) > 50_000
    browser.scheme("dark", media="print")
    assert luminance(colour(browser, "html", "backgroundColor")) > 0.9
    assert browser.run("document.querySelector('nav').getClientRects().length") == 0


def test_real_records_make_a_page(device, report, browser, tmp_path):
    one = device("--generate", 10, "--interval", 1)
    assert one.wait() == 0
    browser.open(report(tmp_path / "metrics"))
    assert browser.run("document.querySelector('h1').textContent") == "1 model on 1 device"
    median = browser.run("document.querySelector('#table-time tbody tr').cells[6].textContent")
    times = sorted(record["inference_time_ms"] for record in one.records())
    assert float(median.replace(",", "")) == pytest.approx((times[4] + times[5]) / 2, abs=0.06)
    assert browser.console == []


def test_same_records_give_the_same_bytes(report, tmp_path):
    folder = report_data.make(tmp_path / "metrics", 60)
    first = report(folder).read_bytes()
    assert report(folder).read_bytes() == first


def test_report_to_standard_output_is_the_page(inferometer, report, tmp_path):
    folder = report_data.make(tmp_path / "metrics", 20)
    done = inferometer("analyze", "--metrics-dir", folder, "--report", "-")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout == report(folder).read_text()
    done = inferometer("analyze", "--metrics-dir", folder, "--report", "-", "--format", "json")
    assert done.returncode == 2 and done.stdout == ""


def test_a_thousand_groups_stay_below_five_megabytes(inferometer, browser, tmp_path):
    line = ('{"timestamp":"2026-11-20T08:%02d:%02dZ","device_id":"a%d","model_name":"%s","inference_time_ms":%d.5,"memory_used_mb":1,'
            '"cpu_percent_avg":5,"energy_consumed_mj":%d,"compute_device":"cpu","record_id":"a%d/%d/%d","generated_tokens":10,"decode_ms":5%d,'
            '"energy_source":"rapl","energy_scope":"package","energy_uncertainty_mj":3,"temperature_c":%d,"status":"ok"}')
    for device in range(20):
        folder = tmp_path / "metrics" / f"device-{device}-{'&' * 60}"
        folder.mkdir(parents=True)
        records = [line % (k, model, device, f"model-{model}-{'<' * 50}", 100 + k, 500 + model, device, model, k, k % 10, 40 + k)
                   for model in range(50) for k in range(60)]
        (folder / "inference_metrics_1.json").write_text('{"detailed_metrics":[' + ",\n".join(records) + "]}")
    done = inferometer("analyze", "--metrics-dir", tmp_path / "metrics", "--report", "out.html", "--format", "csv")
    assert done.returncode == 0, done.stderr
    page = tmp_path / "out.html"
    assert page.stat().st_size < 5_000_000
    text = page.read_text()
    assert "Pictures show the 24 pairs of model and device with the most inferences; the tables have all 1,000." in text
    assert re.search(r"rows are left out here: `?(&#96;)?inferometer analyze --format csv", text)
    browser.open(page)
    assert browser.console == []
