package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// chromiumEnv names the browser that opens pages; one that is installed if it is not set.
const chromiumEnv = "PROSPECT_CHROMIUM"

// browse opens a page in a window and returns what a script, which runs after those of
// the page, returns. The browser finds no host.
func browse(t *testing.T, page string, width int, script string, result any) {
	t.Helper()
	browser := os.Getenv(chromiumEnv)
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if browser == "" {
			browser, _ = exec.LookPath(name)
		}
	}
	if browser == "" {
		t.Skipf("no Chromium is installed; install it, or set %s", chromiumEnv)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "page.html")
	script = "<pre id=\"told\"></pre><script>document.getElementById('told').textContent = (() => { try { return JSON.stringify((() => {" + script + "})()); } catch (e) { return JSON.stringify(String(e)); } })();</script></body>"
	write(t, path, strings.Replace(page, "</body>", script, 1))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir="+filepath.Join(dir, "profile"),
		fmt.Sprintf("--window-size=%d,900", width), "--dump-dom", "file://"+path)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", browser, err)
	}
	found := regexp.MustCompile(`(?s)<pre id="told">(.*?)</pre>`).FindSubmatch(out)
	if found == nil {
		t.Fatalf("the page has no result: %.2000s", out)
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(string(found[1]))), result); err != nil {
		t.Fatalf("%v: %s", err, found[1])
	}
}

// foreign finds what a browser would fetch from elsewhere.
var foreign = regexp.MustCompile(`(?i)(src|href|action|data)\s*=\s*["']?(https?:|//)|url\(\s*["']?(https?:|//)|@import|fetch\(|XMLHttpRequest|WebSocket`)

// In a browser the slider of a page moves, the numbers and the maps with it; the page
// fits the window and asks nothing of the network.
func TestReportInABrowser(t *testing.T) {
	dir := t.TempDir()
	got := in(t, dir, strings.Fields("train --train-per-class 5 --epochs 2 --model mlp:784-20-10 --rule pc --steps 6 --out a")...)
	if got.code != 0 {
		t.Fatal(got.stderr)
	}
	if got = in(t, dir, "report", "a"); got.code != 0 {
		t.Fatal(got.stderr)
	}
	page := read(t, filepath.Join(dir, "a", "report.html"))
	if found := foreign.FindString(page); found != "" {
		t.Errorf("the page asks for something: %s", found)
	}
	const script = `
		const stepper = document.querySelector(".stepper");
		const slider = stepper.querySelector("input[type=range]");
		const pixels = () => { const c = stepper.querySelector("canvas"); return c.getContext("2d").getImageData(0, 0, c.width, c.height).data.join(); };
		const look = () => ({says: stepper.querySelector("output").textContent, y: [...stepper.querySelectorAll(".legend b")].map((b) => Number(b.textContent))});
		const before = look(), were = pixels();
		slider.value = 6;
		slider.dispatchEvent(new Event("input"));
		const after = look(), moved = pixels() !== were;
		const box = stepper.querySelector("input[type=checkbox]");
		box.click();
		slider.value = 0;
		slider.dispatchEvent(new Event("input"));
		const data = stepper.querySelector("canvas").getContext("2d").getImageData(0, 0, 1, 1).data;
		return {
			before, after, moved, still: [...data].slice(0, 3), max: slider.max,
			tiles: document.querySelectorAll(".gallery img").length,
			broken: [...document.images].filter((i) => !i.complete || !i.naturalWidth).length,
			inner: innerWidth, wide: document.documentElement.scrollWidth,
			asked: performance.getEntriesByType("resource").map((e) => e.name).filter((n) => !n.startsWith("data:")),
		};`
	type look struct {
		Says string
		Y    []float64
	}
	for _, width := range []int{500, 1400} {
		var got struct {
			Before, After look
			Moved         bool
			Still         []int
			Max           string
			Tiles, Broken int
			Inner, Wide   int
			Asked         []string
		}
		browse(t, page, width, script, &got)
		if got.Before.Says != "relaxation step 0 of 6" || got.After.Says != "relaxation step 6 of 6" || got.Max != "6" {
			t.Errorf("the slider says %q, %q", got.Before.Says, got.After.Says)
		}
		h, y, sum := 0, 1, 2 // the terms
		if b, a := got.Before.Y, got.After.Y; len(a) != 3 || b[h] != 0 || !(a[h] > 0) || !(a[y] < b[y]) || !(a[sum] < b[sum]) {
			t.Errorf("energies before %v and after %v, want that the error leaves the output", b, a)
		}
		if !got.Moved {
			t.Error("the map of activities does not change")
		}
		if diff := cmp.Diff([]int{247, 247, 247}, got.Still); diff != "" {
			t.Errorf("the change since step 0 at step 0 is not 0: %s", diff)
		}
		if got.Tiles != shown || got.Broken != 0 {
			t.Errorf("got %d pictures of samples and %d broken, want %d and none", got.Tiles, got.Broken, shown)
		}
		if got.Wide > got.Inner {
			t.Errorf("the page is %d wide in a window of %d", got.Wide, got.Inner)
		}
		if len(got.Asked) > 0 {
			t.Errorf("the page asked for %v", got.Asked)
		}
	}
}
