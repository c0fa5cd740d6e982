package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readMLflow prints as JSON what MLflow's client finds in a file store.
const readMLflow = `
import json, os, sys
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
import mlflow
client = mlflow.MlflowClient(sys.argv[1])
out = []
for e in client.search_experiments():
    for r in client.search_runs([e.experiment_id]):
        out.append({
            "Experiment": e.name, "Name": r.info.run_name, "Status": r.info.status, "LR": r.data.params["lr"],
            "Dir": r.data.tags["prospect.dir"], "Metrics": sorted(r.data.metrics),
            "Accuracy": [[m.step, m.value] for m in client.get_metric_history(r.info.run_id, "test/accuracy")],
            "Artifacts": sorted(a.path for a in client.list_artifacts(r.info.run_id)),
        })
print(json.dumps(out))
`

// loggedRun is a run as MLflow's client has it.
type loggedRun struct {
	Experiment, Name, Status, LR, Dir string
	Metrics                           []string
	Accuracy                          [][2]float64
	Artifacts                         []string
}

// A run that is logged in a folder, and resumed, is one run of MLflow with each epoch
// once, and has the weights of a run that is not logged.
func TestMLflow(t *testing.T) {
	data, root := digits(t), t.TempDir()
	plain, out, store := filepath.Join(root, "plain"), filepath.Join(root, "run"), filepath.Join(root, "ml")
	prospect(t, small(data, plain, "--epochs", "5")...)
	prospect(t, small(data, out, "--mlflow", store)...)
	prospect(t, "train", "--data-dir", data, "--out", out, "--resume", "--epochs", "5") // goes on with it by itself
	if read(t, filepath.Join(out, "checkpoint", "weights.safetensors")) != read(t, filepath.Join(plain, "checkpoint", "weights.safetensors")) {
		t.Error("logging changes the weights")
	}
	runs, err := filepath.Glob(filepath.Join(store, "*", "*", "metrics", "test", "accuracy"))
	if err != nil || len(runs) != 1 {
		t.Fatalf("got runs %v, %v, want one", runs, err)
	}
	var want [][2]float64
	for _, e := range timeless(t, read(t, filepath.Join(out, "metrics.jsonl"))) {
		want = append(want, [2]float64{e["epoch"].(float64), 1 - e["test_error"].(float64)})
	}
	var got [][2]float64
	for line := range strings.Lines(read(t, runs[0])) {
		var ms int64
		var x [2]float64
		if _, err := fmt.Sscan(line, &ms, &x[1], &x[0]); err != nil || ms < 1e12 {
			t.Fatalf("line %q: %v", line, err)
		}
		got = append(got, x)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(read(t, filepath.Join(runs[0], "..", "..", "..", "meta.yaml")), "status: 3\n") {
		t.Error("the run is not finished")
	}
	var found []loggedRun
	if err := json.Unmarshal([]byte(python(t, "mlflow", readMLflow, "file:"+store)), &found); err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 {
		t.Fatalf("got %v, want one run", found)
	}
	r := found[0]
	if r.Experiment != "optdigits" || r.Name != "run" || r.Status != "FINISHED" || r.LR != "0.001" || r.Dir != out {
		t.Errorf("got %+v", r)
	}
	if diff := cmp.Diff(want, r.Accuracy); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"energy.png", "manifest.json", "metrics.jsonl", "test.png", "weights.safetensors"}, r.Artifacts); diff != "" {
		t.Error(diff)
	}
	if all := strings.Join(r.Metrics, " "); !strings.Contains(all, "energy/h1") || !strings.Contains(all, "train/learning_rate") || !strings.Contains(all, "gradient_norm/median") {
		t.Errorf("got metrics %s", all)
	}
}

// tracking is a server that refuses the first metrics.
type tracking struct {
	lock    sync.Mutex
	refuse  int
	steps   []int // of test/accuracy
	ended   []string
	created int
}

// ServeHTTP implements http.Handler.
func (s *tracking) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.lock.Lock()
	defer s.lock.Unlock()
	body, _ := io.ReadAll(r.Body)
	var sent struct {
		Status  string
		Metrics []struct {
			Key  string
			Step int
		}
	}
	_ = json.Unmarshal(body, &sent)
	switch path := strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/"); path {
	case "experiments/get-by-name":
		_, _ = io.WriteString(w, `{"experiment": {"experiment_id": "7", "lifecycle_stage": "active"}}`)
	case "runs/create":
		s.created++
		_, _ = io.WriteString(w, `{"run": {"info": {"run_id": "r1"}}}`)
	case "runs/get":
		last := 0
		for _, step := range s.steps {
			last = max(last, step)
		}
		fmt.Fprintf(w, `{"run": {"info": {"artifact_uri": "mlflow-artifacts:/7/r1/artifacts"}, "data": {"metrics": [{"key": "train/epoch", "step": %d}]}}}`, last)
	case "runs/update":
		s.ended = append(s.ended, sent.Status)
	case "runs/log-batch":
		if len(sent.Metrics) > 0 && s.refuse > 0 {
			s.refuse--
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		for _, m := range sent.Metrics {
			if m.Key == "test/accuracy" {
				s.steps = append(s.steps, m.Step)
			}
		}
	}
}

// A server that fails for a while costs a warning: its epochs come with a later one. One
// that is not there is an error before the training.
func TestMLflowServer(t *testing.T) {
	s := &tracking{refuse: 2}
	server := httptest.NewServer(s)
	defer server.Close()
	data, out := digits(t), filepath.Join(t.TempDir(), "run")
	got := prospect(t, small(data, out, "--mlflow", server.URL)...)
	if n := strings.Count(got.stderr, "not all is logged for MLflow yet"); n != 2 || !strings.Contains(got.stderr, "503") {
		t.Errorf("got %d warnings, want 2: %s", n, got.stderr)
	}
	prospect(t, "train", "--data-dir", data, "--out", out, "--resume", "--epochs", "4")
	if diff := cmp.Diff([]int{1, 2, 3, 4}, s.steps); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"FINISHED", "RUNNING", "FINISHED"}, s.ended); diff != "" || s.created != 1 {
		t.Errorf("%s; created %d runs, want 1", diff, s.created)
	}
	server.Close()
	elsewhere := filepath.Join(t.TempDir(), "run")
	checkFailure(t, finish(t, command(t, small(data, elsewhere, "--json", "--mlflow", server.URL)...)), exitFailure, "--mlflow: mlflow: server "+server.URL)
}
