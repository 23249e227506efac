"""Opens all pages of a site in headless Chromium and reports what does not load or fit."""

import functools
import http.server
import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.docs._site import html_pages

_CHECKER = "browser-check.html"
# Each page is opened in a frame; what was found is posted back to the server.
_SCRIPT = """<!doctype html><meta charset="utf-8"><body><script>
const pages = PAGES, found = [];
// Whether something reaches beyond the window, where it cannot be scrolled to.
const cut = inside => {
  const width = inside.document.scrollingElement.clientWidth + 1;
  const scrolls = e => e && (
    ["auto", "scroll"].includes(inside.getComputedStyle(e).overflowX)
    || (e.tagName !== "ARTICLE" && scrolls(e.parentElement)));
  return [...inside.document.querySelectorAll("article, article *")].findLast(e => {
    const at = e.getBoundingClientRect();
    const end = Math.max(at.right, at.left + e.scrollWidth);
    return at.width > 1 && end > width && !scrolls(e);
  });
};
const drawn = image => new Promise(done => {
  image.loading = "eager";
  if (image.complete) return done();
  image.onload = image.onerror = done;
  setTimeout(done, 5000);
});
async function check(page) {
  const frame = document.createElement("iframe");
  const loaded = new Promise(done => { frame.onload = done; setTimeout(done, 20000); });
  frame.src = page;
  document.body.append(frame);
  await loaded;
  const inside = frame.contentWindow;
  for (const image of inside.document.images) {
    await drawn(image);
    if (!image.naturalWidth) found.push(page + ": picture " + image.src);
  }
  if (!inside.document.querySelector("h1")) found.push(page + ": no heading");
  for (const entry of inside.performance.getEntriesByType("resource")) {
    if (entry.name.startsWith("data:")) continue;
    if (!entry.name.startsWith(location.origin)) found.push(page + ": asks " + entry.name);
    else if (entry.responseStatus >= 400) found.push(page + ": missing " + entry.name);
  }
  for (const width of [1280, 400]) {
    frame.style.width = width + "px";
    const root = inside.document.scrollingElement;
    const wide = root.scrollWidth > root.clientWidth;
    if (wide) found.push(page + ": wider than " + width + " px");
    const element = cut(inside);
    const start = element && element.outerHTML.slice(0, 80);
    if (element) found.push(page + ": cut at " + width + " px: " + start);
  }
  frame.remove();
}
(async () => {
  try { for (const page of pages) await check(page); }
  catch (error) { found.push(String(error)); }
  fetch("/found", {method: "POST", body: JSON.stringify(found)});
})();
</script>"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder silently, and takes what the browser found."""

    found: "queue.Queue[list[str]]"

    def do_POST(self) -> None:
        """Take the list."""
        length = int(self.headers["Content-Length"])
        self.found.put(json.loads(self.rfile.read(length)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, "queue.Queue[list[str]]"]]:
    kind = type("Handler", (_Handler,), {"found": queue.Queue()})
    handler = functools.partial(kind, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", kind.found
        server.shutdown()


def chromium() -> str | None:
    """The browser's path, where there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def what_does_not_load(site: Path, browser: str, *, timeout: float = 300) -> list[str]:
    """Pictures not drawn, files missing, requests that leave the site, pages too wide."""
    pages = [page.relative_to(site).as_posix() for page in html_pages(site)]
    (site / _CHECKER).write_text(_SCRIPT.replace("PAGES", json.dumps(pages)))
    with _served(site) as (address, found):
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu"]
        command += ["--remote-debugging-port=0", f"{address}/{_CHECKER}"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, **quiet)
        try:
            return found.get(timeout=timeout)
        finally:
            process.terminate()
            process.wait(timeout=30)
            (site / _CHECKER).unlink()
