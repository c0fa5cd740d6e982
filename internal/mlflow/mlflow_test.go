package mlflow

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var at = time.UnixMilli(1_700_000_000_000)

func testRun(experiment string) Run {
	return Run{
		Experiment: experiment, Name: "run: a", User: "me", Started: at,
		Params: map[string]string{"lr": "0.1", "text": strings.Repeat("ü", mostValue)}, Tags: map[string]string{"prospect.dir": "/x"},
	}
}

func read(t *testing.T, elem ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A folder is laid out as MLflow's file store, and a step of a metric is there once,
// whatever a killed process left.
func TestFolder(t *testing.T) {
	root := filepath.Join(t.TempDir(), "ml runs")
	s, err := Open("file:" + root)
	if err != nil {
		t.Fatal(err)
	}
	const experiment = `it's "mine": #1`
	ref, err := s.Create(testRun(experiment))
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Create(testRun(experiment))
	if err != nil || again.Experiment != ref.Experiment || again.Run == ref.Run {
		t.Errorf("got %v, %v after %v, want another run of the same experiment", again, err, ref)
	}
	dir := filepath.Join(root, ref.Experiment, ref.Run)
	meta, err := readMeta(filepath.Join(dir, "meta.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"run_id": ref.Run, "experiment_id": ref.Experiment, "run_name": "run: a", "status": "1", "end_time": "null",
		"start_time": "1700000000000", "lifecycle_stage": "active", "user_id": "me",
	} {
		if meta[key] != want {
			t.Errorf("%s: got %q, want %q", key, meta[key], want)
		}
	}
	if u := meta["artifact_uri"]; !strings.HasPrefix(u, "file:///") || !strings.Contains(u, "ml%20runs") || !strings.HasSuffix(u, ref.Run+"/artifacts") {
		t.Errorf("artifacts: got %q", u)
	}
	if got := read(t, dir, "params", "lr"); got != "0.1" {
		t.Errorf("lr: got %q", got)
	}
	if got := read(t, dir, "params", "text"); len(got) > mostValue || !strings.HasSuffix(got, "ü...") {
		t.Errorf("a long value has %d bytes and ends in %q", len(got), got[len(got)-5:])
	}
	if got := read(t, dir, "tags", "mlflow.runName"); got != "run: a" {
		t.Errorf("name: got %q", got)
	}
	step := func(n int) []Metric {
		return []Metric{{"a/b", float64(n) / 2, n, at}, {"c", 1e-9, n, at}}
	}
	for n := 1; n <= 2; n++ {
		if err := s.Log(ref, step(n)); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "metrics", "a", "b")
	if err := os.WriteFile(file, []byte(read(t, file)+"17000000"), 0o666); err != nil { // torn
		t.Fatal(err)
	}
	if n, err := s.LastStep(ref, "a/b"); n != 2 || err != nil {
		t.Errorf("last step: got %d, %v, want 2", n, err)
	}
	for n := 2; n <= 3; n++ { // 2 is there
		if err := s.Log(ref, step(n)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff("1700000000000 0.5 1\n1700000000000 1 2\n1700000000000 1.5 3\n", read(t, file)); diff != "" {
		t.Error(diff)
	}
	if n, err := s.LastStep(ref, "none"); n != 0 || err != nil {
		t.Errorf("no metric: got %d, %v", n, err)
	}
	if err := s.Artifact(ref, "figures/a.png", []byte("png")); err != nil || read(t, dir, "artifacts", "figures", "a.png") != "png" {
		t.Errorf("artifact: %v", err)
	}
	for status, want := range map[Status][2]string{Killed: {"5", "1700000000000"}, Finished: {"3", "1700000000000"}, Failed: {"4", "1700000000000"}, Running: {"1", "null"}} {
		if err := s.SetStatus(ref, status, at); err != nil {
			t.Fatal(err)
		}
		if meta, err = readMeta(filepath.Join(dir, "meta.yaml")); err != nil || meta["status"] != want[0] || meta["end_time"] != want[1] || meta["run_id"] != ref.Run {
			t.Errorf("%s: got %v, %v", status, meta, err)
		}
	}
}

// An experiment that MLflow has made is found by its name, one that is deleted is not.
func TestExperimentOfMLflow(t *testing.T) {
	root := t.TempDir()
	for id, meta := range map[string]string{
		"1": "experiment_id: '1'\nlifecycle_stage: deleted\nname: mine\n",
		"2": "experiment_id: '2'\nlifecycle_stage: active\nname: mine\n",
		"3": "experiment_id: '3'\nlifecycle_stage: active\nname: another\n",
	} {
		if err := os.MkdirAll(filepath.Join(root, id), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, id, "meta.yaml"), []byte(meta), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if ref, err := s.Create(testRun("mine")); err != nil || ref.Experiment != "2" {
		t.Errorf("got %v, %v, want experiment 2", ref, err)
	}
}

// Scalars are read as YAML has them, by whoever wrote the file.
func TestPlain(t *testing.T) {
	for scalar, want := range map[string]string{" a b \n": "a b", `'it''s'`: "it's", `"a\"b: c"`: `a"b: c`, "''": "", "'": "'"} {
		if got := plain(scalar); got != want {
			t.Errorf("%q: got %q, want %q", scalar, got, want)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	for place, want := range map[string]string{
		"sqlite:///mlflow.db":         "mlflow server --backend-store-uri sqlite:///mlflow.db",
		"http://":                     "want one such as http://localhost:5000",
		"http://me:secret@host":       "MLFLOW_TRACKING_USERNAME",
		"mlflow_test.go/not-a-folder": "mlflow: mkdir",
	} {
		if _, err := Open(place); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want %s", place, err, want)
		}
	}
}

func TestKey(t *testing.T) {
	if got := Key("energy/y#2 ü.x-1_b"); got != "energy/y_2 _.x-1_b" {
		t.Errorf("got %q", got)
	}
}

// request is what a server was sent.
type request struct {
	Method, Path, Query, Body, Authorization string
}

// fakeServer answers as a tracking server and keeps what it was sent.
func fakeServer(t *testing.T) (Store, *[]request) {
	t.Helper()
	var all []request
	answers := map[string]string{
		"POST /api/2.0/mlflow/experiments/create": `{"experiment_id": "7"}`,
		"POST /api/2.0/mlflow/runs/create":        `{"run": {"info": {"run_id": "r1"}}}`,
		"GET /api/2.0/mlflow/runs/get": `{"run": {"info": {"artifact_uri": "mlflow-artifacts:/7/r1/artifacts"},
			"data": {"metrics": [{"key": "a", "step": 4}, {"key": "b", "step": 9}]}}}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		all = append(all, request{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Get("Authorization")})
		switch {
		case strings.HasSuffix(r.URL.Path, "get-by-name"):
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such experiment"}`)
		case strings.HasSuffix(r.URL.Path, "runs/update"):
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"message": "not so"}`)
		default:
			_, _ = io.WriteString(w, answers[r.Method+" "+r.URL.Path])
		}
	}))
	t.Cleanup(server.Close)
	s, err := Open(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return s, &all
}

// A server is asked as its REST API says.
func TestServer(t *testing.T) {
	t.Setenv("MLFLOW_TRACKING_TOKEN", "tok")
	s, all := fakeServer(t)
	ref, err := s.Create(testRun("e 1"))
	if err != nil || ref != (Ref{"7", "r1"}) {
		t.Fatalf("got %v, %v", ref, err)
	}
	if n, err := s.LastStep(ref, "b"); n != 9 || err != nil {
		t.Errorf("last step: got %d, %v, want 9", n, err)
	}
	if n, err := s.LastStep(ref, "none"); n != 0 || err != nil {
		t.Errorf("no metric: got %d, %v", n, err)
	}
	var many []Metric
	for i := range 1500 {
		many = append(many, Metric{"a", 0.5, i, at})
	}
	if err := s.Log(ref, many); err != nil {
		t.Fatal(err)
	}
	if err := s.Artifact(ref, "a.png", []byte("png")); err != nil {
		t.Fatal(err)
	}
	if err := s.SetStatus(ref, Finished, at); err == nil || !strings.Contains(err.Error(), "runs/update: 400 Bad Request: not so") {
		t.Errorf("got %v, want what the server says", err)
	}
	var paths []string
	for _, r := range *all {
		paths = append(paths, r.Method+" "+strings.TrimPrefix(r.Path, "/api/2.0/mlflow"))
		if r.Authorization != "Bearer tok" {
			t.Errorf("%s: authorization, got %q", r.Path, r.Authorization)
		}
	}
	if diff := cmp.Diff([]string{
		"GET /experiments/get-by-name", "POST /experiments/create", "POST /runs/create", "POST /runs/log-batch",
		"GET /runs/get", "GET /runs/get", "POST /runs/log-batch", "POST /runs/log-batch",
		"GET /runs/get", "PUT -artifacts/artifacts/7/r1/artifacts/a.png", "POST /runs/update",
	}, paths); diff != "" {
		t.Error(diff)
	}
	if q := (*all)[0].Query; q != "experiment_name=e+1" {
		t.Errorf("query: got %q", q)
	}
	var batch struct {
		RunID   string `json:"run_id"`
		Metrics []struct {
			Key       string
			Value     float64
			Timestamp int64
			Step      int
		}
	}
	if err := json.Unmarshal([]byte((*all)[7].Body), &batch); err != nil {
		t.Fatal(err)
	}
	if m := batch.Metrics; batch.RunID != "r1" || len(m) != 500 || m[0].Step != 1000 || m[0].Timestamp != 1700000000000 || m[0].Value != 0.5 {
		t.Errorf("batch: got %s, %d metrics", batch.RunID, len(m))
	}
	if body := (*all)[9].Body; body != "png" {
		t.Errorf("artifact: got %q", body)
	}
}

// A server that is not there is an error that says how to start one.
func TestNoServer(t *testing.T) {
	server := httptest.NewServer(nil)
	url := server.URL
	server.Close()
	s, err := Open(url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(testRun("e")); err == nil || !strings.Contains(err.Error(), "start one with: mlflow server") {
		t.Errorf("got %v", err)
	}
}
