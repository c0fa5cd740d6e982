package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-be841da4/prospect/examples/browser/demo"
	"github.com/seed-be841da4/prospect/examples/browser/site"
	"github.com/seed-be841da4/prospect/run"
)

// chromium finds the browser.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium on the PATH")
	return ""
}

// found is what the page sends back after it has drawn, asked and learned by itself.
type found struct {
	Lines                [][]demo.Point
	Label                int
	Info                 demo.Info
	Settle               demo.Settling
	PC, BP               demo.Learned
	Answer, Kept, Reset  []float64
	Says, Verdict, Story string
	Hosts, Unlabelled    []string
	Wide                 float64
	Error                string
}

// visit opens the page in a browser of a width and returns what it sends.
func visit(t *testing.T, dir string, width int) found {
	t.Helper()
	got := make(chan found, 1)
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(dir)))
	mux.HandleFunc("POST /result", func(_ http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		var f found
		if err == nil {
			err = json.Unmarshal(text, &f)
		}
		if err != nil {
			f.Error = err.Error()
		}
		got <- f
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, chromium(t), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--remote-debugging-port=0", "--user-data-dir="+t.TempDir(), fmt.Sprintf("--window-size=%d,900", width), server.URL+"/?test=1")
	var said strings.Builder
	cmd.Stderr = &said
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() { cancel(); <-ended }()
	select {
	case f := <-got:
		return f
	case err := <-ended:
		ended <- err
		t.Fatalf("the browser ended before the page was done: %v\n%s", err, said.String())
	}
	return found{}
}

// The page in a browser computes what the native build computes, and asks no other host.
func TestPage(t *testing.T) {
	if os.Getenv("PROSPECT_BROWSER_TEST") == "" {
		t.Skip("builds for the browser, which takes a minute; set PROSPECT_BROWSER_TEST=1")
	}
	chromium(t)
	dir := t.TempDir()
	if err := site.Build(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	f := visit(t, dir, 1000)
	if f.Error != "" {
		t.Fatal(f.Error)
	}
	d, err := demo.New()
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Lines) != len(demo.Example(4)) || f.Label != 9 {
		t.Errorf("drew %d lines for label %d, want those of a 4, and 9", len(f.Lines), f.Label)
	}
	ask := func(r demo.Request, into any) {
		t.Helper()
		r.Lines = f.Lines
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := d.Call(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(answer, into); err != nil {
			t.Fatal(err)
		}
	}
	var answer demo.Answered
	ask(demo.Request{Ask: "answer"}, &answer)
	near(t, "answer", answer.Answer, f.Answer, 1e-5)
	near(t, "answer after forgetting", answer.Answer, f.Reset, 1e-5)
	if best := slices.Index(f.Answer, slices.Max(f.Answer)); best != 4 || !strings.HasSuffix(f.Says, "4") {
		t.Errorf("the network takes the 4 for a %d, and the page says %q", best, f.Says)
	}

	var s demo.Settling
	ask(demo.Request{Ask: "settle", Label: 9}, &s)
	near(t, "energy", s.Energy, f.Settle.Energy, 1e-5)
	if len(s.Layers) != len(f.Settle.Layers) || len(s.Layers) != 5 {
		t.Fatalf("got %d layers in the page and %d here, want 5", len(f.Settle.Layers), len(s.Layers))
	}
	for i, l := range s.Layers {
		near(t, "energy of "+l.Name, l.Energy, f.Settle.Layers[i].Energy, 1e-5)
		for k, a := range l.Activity {
			near(t, fmt.Sprintf("activity of %s after step %d", l.Name, k), floats(a), floats(f.Settle.Layers[i].Activity[k]), 1e-5)
		}
	}

	for rule, page := range map[string]demo.Learned{"pc": f.PC, "bp": f.BP} {
		var l demo.Learned
		ask(demo.Request{Ask: "learn", Label: 9, Rule: rule, Share: 0.7}, &l)
		near(t, rule+": before and after", slices.Concat(l.Before, l.After), slices.Concat(page.Before, page.After), 1e-5)
		near(t, rule+": the others", append(l.MovedBy, l.Moved, l.Straight, l.ErrorAfter), append(page.MovedBy, page.Moved, page.Straight, page.ErrorAfter), 1e-4)
		if !page.Reached || l.Reached != page.Reached {
			t.Errorf("%s: reached, got %v in the page and %v here", rule, page.Reached, l.Reached)
		}
	}
	if moved := difference(f.Answer, f.Kept); moved < 0.1 {
		t.Errorf("keeping what was learned moved the answer by %g", moved)
	}

	if strings.Contains(f.Verdict, "NaN") || !regexp.MustCompile(`moved \d+ % (less|further) than`).MatchString(f.Verdict) || !strings.Contains(f.Story, "It said 4") {
		t.Errorf("the page says %q and %q", f.Story, f.Verdict)
	}
	for _, host := range f.Hosts {
		if !strings.HasPrefix(host, "127.0.0.1:") {
			t.Errorf("the page asks %s", host)
		}
	}
	if len(f.Unlabelled) > 0 {
		t.Errorf("without a label: %v", f.Unlabelled)
	}
	if f.Wide > 0 {
		t.Errorf("the page is %g pixels wider than the window", f.Wide)
	}
}

func floats(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// difference is the largest between two vectors.
func difference(a, b []float64) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	most := 0.0
	for i := range a {
		most = max(most, math.Abs(a[i]-b[i]))
	}
	return most
}

// near compares numbers in units of the largest, or of 1.
func near(t *testing.T, what string, want, got []float64, tolerance float64) {
	t.Helper()
	scale := max(1, difference(want, make([]float64, len(want))))
	if d := difference(want, got) / scale; !(d <= tolerance) {
		t.Errorf("%s: the page differs by %g, want at most %g", what, d, tolerance)
	}
}

// The weights in the page are those that the command writes.
func TestWeights(t *testing.T) {
	if os.Getenv("PROSPECT_BROWSER_TEST") == "" {
		t.Skip("trains; set PROSPECT_BROWSER_TEST=1")
	}
	if run.ReadHost().Kernels == "portable" {
		t.Skip("the kernels of this machine round differently")
	}
	path := filepath.Join(t.TempDir(), "weights.safetensors")
	if err := learn(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("demo/weights.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("go run ./examples/browser -train writes other weights than are committed; write them anew")
	}
}
