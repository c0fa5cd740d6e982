package datasets

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

func TestFetchReportsEveryMirror(t *testing.T) {
	data, _ := content()
	err := fetchOne(t, t.Context(), t.TempDir(), FetchSettings{}, status(404), serve(damaged(data)), status(503))
	wantError(t, err, "404 Not Found", "another MD5", "503 Service Unavailable", "none of 3 addresses")
}

func TestFetchResumesWithARange(t *testing.T) {
	data, _ := content()
	dir := t.TempDir()
	write(t, dir, "file.gz.part", data[:150_000])
	var asked string
	err := fetchOne(t, t.Context(), dir, FetchSettings{}, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("Range")
		serve(data)(w, r)
	})
	if err != nil || asked != "bytes=150000-" {
		t.Errorf("range, got %q (%v), want bytes=150000-", asked, err)
	}
	wantFile(t, dir)
}

func TestFetchCancelledThenResumed(t *testing.T) {
	data, file := content()
	dir := t.TempDir()
	part := newDownload(dir, file, FetchSettings{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	second := atomic.Int32{}
	err := fetchOne(t, ctx, dir, FetchSettings{Stall: 20 * time.Second}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data[:80_000])
		w.(http.Flusher).Flush()
		for have := int64(0); have < 80_000 && r.Context().Err() == nil; have, _ = part.have() {
			time.Sleep(time.Millisecond)
		}
		cancel()
		<-r.Context().Done()
	}, func(http.ResponseWriter, *http.Request) { second.Add(1) })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want %v", err, context.Canceled)
	}
	if second.Load() != 0 {
		t.Error("the second mirror was asked after the cancellation, want no more requests")
	}
	wantNoFile(t, dir, 80_000)
	if err := fetchOne(t, t.Context(), dir, FetchSettings{}, serve(data)); err != nil {
		t.Fatal(err)
	}
	wantFile(t, dir)
}

func TestFetchLeavesAStalledServer(t *testing.T) {
	data, _ := content()
	dir := t.TempDir()
	hang := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data[:1000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	settings := FetchSettings{Stall: 50 * time.Millisecond}
	err := fetchOne(t, t.Context(), dir, settings, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	wantError(t, err, "server sends nothing")
	if err := fetchOne(t, t.Context(), dir, settings, hang, serve(data)); err != nil {
		t.Fatal(err)
	}
	wantFile(t, dir)
}

func TestFetchProgress(t *testing.T) {
	data, _ := content()
	var done []int64
	s := FetchSettings{Progress: func(file string, n, total int64) {
		if file != "file.gz" || total != int64(len(data)) {
			t.Errorf("progress, got %s of %d, want file.gz of %d", file, total, len(data))
		}
		done = append(done, n)
	}}
	dir := t.TempDir()
	for _, first := range []int64{0, int64(len(data))} { // downloaded, then found there
		done = nil
		if err := fetchOne(t, t.Context(), dir, s, serve(data)); err != nil {
			t.Fatal(err)
		}
		if len(done) == 0 || done[0] != first || done[len(done)-1] != int64(len(data)) {
			t.Errorf("progress, got %v, want %d first and %d last", done, first, len(data))
		}
	}
}

func TestFetchLocalFailure(t *testing.T) {
	data, _ := content()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "file.gz"), 0o755); err != nil {
		t.Fatal(err)
	}
	asked := atomic.Int32{}
	err := fetchOne(t, t.Context(), dir, FetchSettings{}, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		serve(data)(w, r)
	})
	wantError(t, err, "want a file")
	if asked.Load() != 0 {
		t.Error("a server was asked, want the local failure first")
	}
}

func TestFetchNames(t *testing.T) {
	paths, err := Fetch(t.Context(), "glyphs", FetchSettings{Dir: "not used"})
	if paths != nil || err != nil {
		t.Errorf("glyphs: got %v, %v, want nothing to fetch", paths, err)
	}
	_, err = Fetch(t.Context(), "minst", FetchSettings{})
	wantError(t, err, `name, got "minst"`)
	_, err = Fetch(t.Context(), "mnist", FetchSettings{Stall: -1})
	wantError(t, err, "stall, got -1ns")
	server := httptest.NewServer(status(404))
	defer server.Close()
	_, err = Fetch(t.Context(), "cifar-10", FetchSettings{Dir: t.TempDir(), Mirrors: []string{server.URL, server.URL + "/b"}})
	wantError(t, err, "datasets: fetch cifar-10: cifar-10-binary.tar.gz", server.URL+"/cifar-10-binary.tar.gz: ", server.URL+"/b/cifar-10-binary.tar.gz: ")
}

// The exported function, with the official files where they are at hand.
func TestFetchOptdigits(t *testing.T) {
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(dataDir(t, "optdigits"), "optdigits"))))
	defer server.Close()
	dir := t.TempDir()
	for range 2 { // the second time the files are there
		paths, err := Fetch(t.Context(), "optdigits", FetchSettings{Dir: dir, Mirrors: []string{server.URL}})
		if err != nil || len(paths) != 2 || paths[0] != filepath.Join(dir, "optdigits", "optdigits.tra") {
			t.Fatalf("got %v, %v, want two paths", paths, err)
		}
		server.Close()
	}
	if _, err := Load("optdigits", LoadSettings{Dir: dir}); err != nil {
		t.Error(err)
	}
}
