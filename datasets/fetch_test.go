package datasets

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// content is a file of 200,000 bytes and its description.
func content() ([]byte, remoteFile) {
	data := make([]byte, 200_000)
	rng := newRand(9)
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	data[0] = 0x1f
	sum := md5.Sum(data)
	return data, remoteFile{name: "file.gz", size: int64(len(data)), md5: hex.EncodeToString(sum[:])}
}

// serve answers as a good server does, ranges included.
func serve(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "file.gz", time.Time{}, bytes.NewReader(data))
	}
}

// cut answers 200 or 206 with the right length, and hangs up after n bytes.
func cut(data []byte, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		first := 0
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &first); err == nil {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, len(data)-1, len(data)))
			w.Header().Set("Content-Length", fmt.Sprint(len(data)-first))
			w.WriteHeader(http.StatusPartialContent)
		} else {
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		}
		w.Write(data[first:min(first+n, len(data))])
	}
}

// ignoreRange always answers 200 with everything.
func ignoreRange(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write(data) }
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// damaged is data with one other byte in the middle.
func damaged(data []byte) []byte {
	out := bytes.Clone(data)
	out[len(out)/2] ^= 1
	return out
}

// fetchOne downloads the file of content from servers with the given handlers, in order.
func fetchOne(t *testing.T, ctx context.Context, dir string, s FetchSettings, handlers ...http.HandlerFunc) error {
	t.Helper()
	var mirrors []string
	for _, h := range handlers {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		mirrors = append(mirrors, server.URL+"/files/")
	}
	_, file := content()
	return newDownload(dir, file, s).run(ctx, mirrors)
}

// wantFile fails unless the file is whole and no part is left.
func wantFile(t *testing.T, dir string) {
	t.Helper()
	data, file := content()
	got, err := os.ReadFile(filepath.Join(dir, file.name))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("file, got %d bytes (%v), want the %d served", len(got), err, len(data))
	}
	if _, err := os.Stat(filepath.Join(dir, file.name+".part")); !os.IsNotExist(err) {
		t.Errorf("part, got %v, want none", err)
	}
}

// wantNoFile fails if there is a file, or a part of another length than given.
func wantNoFile(t *testing.T, dir string, part int64) {
	t.Helper()
	_, file := content()
	if _, err := os.Stat(filepath.Join(dir, file.name)); !os.IsNotExist(err) {
		t.Errorf("file, got %v, want none", err)
	}
	have, err := newDownload(dir, file, FetchSettings{}).have()
	if err != nil || have != part {
		t.Errorf("part, got %d bytes (%v), want %d", have, err, part)
	}
}

func TestFetchSucceeds(t *testing.T) {
	data, _ := content()
	wrong := damaged(data)
	redirect := func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/files/") {
			http.Redirect(w, r, "/elsewhere/file.gz", http.StatusFound)
			return
		}
		serve(data)(w, r)
	}
	// A mirror whose file has changed gives another total.
	changed := func(w http.ResponseWriter, r *http.Request) { serve(append(bytes.Clone(data), 1, 2, 3))(w, r) }
	refuseRange := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		w.Write(data)
	}
	for _, c := range []struct {
		name     string
		part     []byte // left by an earlier call
		handlers []http.HandlerFunc
	}{
		{"plain", nil, []http.HandlerFunc{serve(data)}},
		{"redirected", nil, []http.HandlerFunc{redirect}},
		{"redirected and resumed", data[:70_000], []http.HandlerFunc{redirect}},
		{"resumed", data[:70_000], []http.HandlerFunc{serve(data)}},
		{"whole part", data, nil},
		{"part too long", append(bytes.Clone(data), 7), []http.HandlerFunc{serve(data)}},
		{"corrupt whole part", wrong, []http.HandlerFunc{serve(data)}},
		{"corrupt part", wrong[:150_000], []http.HandlerFunc{serve(data)}},
		{"range ignored", data[:70_000], []http.HandlerFunc{ignoreRange(data)}},
		{"range refused", data[:70_000], []http.HandlerFunc{refuseRange}},
		{"cut off, next goes on", nil, []http.HandlerFunc{cut(data[:90_000], 0), serve(data)}},
		{"cut off again and again", nil, []http.HandlerFunc{cut(data, 50_000)}},
		{"not found, next", nil, []http.HandlerFunc{status(404), status(500), serve(data)}},
		{"damaged, next", nil, []http.HandlerFunc{serve(wrong), serve(data)}},
		{"changed, next", nil, []http.HandlerFunc{changed, serve(data)}},
		{"changed meanwhile, next", data[:70_000], []http.HandlerFunc{changed, serve(data)}},
		{"damaged and cut off, next starts over", nil, []http.HandlerFunc{cut(wrong, 60_000), serve(data)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.part != nil {
				write(t, dir, "file.gz.part", c.part)
			}
			if err := fetchOne(t, t.Context(), dir, FetchSettings{}, c.handlers...); err != nil {
				t.Fatal(err)
			}
			wantFile(t, dir)
		})
	}
}

func TestFetchFails(t *testing.T) {
	data, _ := content()
	page := "<html><body>Log in to the hotel network" + strings.Repeat(" ", 300_000)
	html := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page) }
	disguised := func(w http.ResponseWriter, _ *http.Request) { // a page of the right length that claims to be data
		w.Header().Set("Content-Type", "application/octet-stream")
		fmt.Fprint(w, page[:len(data)])
	}
	chunked := func(w http.ResponseWriter, _ *http.Request) { // a body of unknown length that is too long
		w.Header().Set("Content-Type", "application/octet-stream")
		w.(http.Flusher).Flush()
		w.Write(append(bytes.Clone(data), 1))
	}
	loop := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		part    int64 // what must be left
		want    []string
	}{
		{"not found", status(404), 0, []string{`status, got "404 Not Found"`}},
		{"truncated", cut(data[:100_000], 0), 0, []string{"length, got 100000 bytes, want 200000"}},
		{"cut off", cut(data, 0), 0, []string{"cut off, got 0 bytes, want 200000"}},
		{"captive page", html, 0, []string{"content type, got text/html", "log-in page"}},
		{"disguised page", disguised, 0, []string{"got a web page", "log-in page"}},
		{"damaged", serve(damaged(data)), 0, []string{"content, got another MD5"}},
		{"too long", chunked, 0, []string{"got more than 200000 bytes"}},
		{"redirected for ever", loop, 0, []string{"stopped after 10 redirects"}},
		{"redirected to nowhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, 0, []string{"127.0.0.1:1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			err := fetchOne(t, t.Context(), dir, FetchSettings{}, c.handler)
			wantError(t, err, append(c.want, "http://127.0.0.1", "/files/file.gz: ", "none of 1 addresses")...)
			wantNoFile(t, dir, c.part)
		})
	}
}
