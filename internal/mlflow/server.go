package mlflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"
)

// timeout is how long a server may take for an answer.
const timeout = 20 * time.Second

// server is a tracking server.
type server struct {
	base   *url.URL
	client *http.Client
}

func newServer(base *url.URL) *server {
	return &server{base: base, client: &http.Client{Timeout: timeout}}
}

// pair is a parameter or a tag.
type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func pairs(values map[string]string) []pair {
	var out []pair
	for _, key := range slices.Sorted(maps.Keys(values)) {
		out = append(out, pair{key, short(values[key])})
	}
	return out
}

// call sends an object, or a body as it is, and reads the answer, if there is to be one.
func (s *server) call(method, path string, query url.Values, body, answer any) error {
	content, raw := body.([]byte)
	if !raw && body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return errors.Wrap(err, "mlflow")
		}
	}
	u := s.base.JoinPath(path)
	u.RawQuery = query.Encode()
	request, err := http.NewRequest(method, u.String(), bytes.NewReader(content))
	if err != nil {
		return errors.Wrap(err, "mlflow")
	}
	if !raw {
		request.Header.Set("Content-Type", "application/json")
	}
	if token := os.Getenv("MLFLOW_TRACKING_TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	} else if user := os.Getenv("MLFLOW_TRACKING_USERNAME"); user != "" {
		request.SetBasicAuth(user, os.Getenv("MLFLOW_TRACKING_PASSWORD"))
	}
	response, err := s.client.Do(request)
	if err != nil {
		return errors.Wrapf(err, "mlflow: server %s; start one with: mlflow server", s.base)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<24))
	if err != nil {
		return errors.Wrap(err, "mlflow")
	}
	if response.StatusCode != http.StatusOK {
		return &serverError{s.base.String(), path, response.Status, response.StatusCode, string(text)}
	}
	if answer == nil {
		return nil
	}
	return errors.Wrapf(json.Unmarshal(text, answer), "mlflow: %s of %s", path, s.base)
}

// serverError is what a server refuses.
type serverError struct {
	base, path, status string
	code               int
	text               string
}

// Error implements error.
func (e *serverError) Error() string {
	text := strings.TrimSpace(e.text)
	var known struct {
		Message string `json:"message"`
	}
	if json.Unmarshal([]byte(text), &known) == nil && known.Message != "" {
		text = known.Message
	}
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "..."
	}
	return fmt.Sprintf("mlflow: server %s: %s: %s: %s", e.base, e.path, e.status, text)
}

const api = "api/2.0/mlflow/"

// experiment returns the id of an experiment by name.
func (s *server) experiment(name string) (string, error) {
	var found struct {
		Experiment struct {
			ID    string `json:"experiment_id"`
			Stage string `json:"lifecycle_stage"`
		} `json:"experiment"`
	}
	err := s.call(http.MethodGet, api+"experiments/get-by-name", url.Values{"experiment_name": {name}}, nil, &found)
	if err == nil && found.Experiment.Stage == "deleted" {
		return "", errors.Errorf("mlflow: experiment %q is deleted; restore it or set MLFLOW_EXPERIMENT_NAME", name)
	}
	var refused *serverError
	if !errors.As(err, &refused) || refused.code != http.StatusNotFound {
		return found.Experiment.ID, err
	}
	var made struct {
		ID string `json:"experiment_id"`
	}
	err = s.call(http.MethodPost, api+"experiments/create", nil, map[string]string{"name": name}, &made)
	return made.ID, err
}

// Create implements Store.
func (s *server) Create(r Run) (Ref, error) {
	id, err := s.experiment(r.Experiment)
	if err != nil {
		return Ref{}, err
	}
	tags := maps.Clone(r.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	tags["mlflow.user"] = r.User
	var made struct {
		Run struct {
			Info struct {
				ID string `json:"run_id"`
			} `json:"info"`
		} `json:"run"`
	}
	err = s.call(http.MethodPost, api+"runs/create", nil, map[string]any{
		"experiment_id": id, "run_name": r.Name, "start_time": r.Started.UnixMilli(), "tags": pairs(tags),
	}, &made)
	ref := Ref{Experiment: id, Run: made.Run.Info.ID}
	if err != nil {
		return ref, err
	}
	return ref, s.call(http.MethodPost, api+"runs/log-batch", nil, map[string]any{"run_id": ref.Run, "params": pairs(r.Params)}, nil)
}

// Log implements Store.
func (s *server) Log(r Ref, metrics []Metric) error {
	type metric struct {
		Key       string  `json:"key"`
		Value     float64 `json:"value"`
		Timestamp int64   `json:"timestamp"`
		Step      int     `json:"step"`
	}
	for part := range slices.Chunk(metrics, 1000) { // what a batch may hold
		var all []metric
		for _, m := range part {
			all = append(all, metric{m.Key, m.Value, m.Time.UnixMilli(), m.Step})
		}
		if err := s.call(http.MethodPost, api+"runs/log-batch", nil, map[string]any{"run_id": r.Run, "metrics": all}, nil); err != nil {
			return err
		}
	}
	return nil
}

// run is what a server tells of a run.
type serverRun struct {
	Run struct {
		Info struct {
			Artifacts string `json:"artifact_uri"`
		} `json:"info"`
		Data struct {
			Metrics []struct {
				Key  string `json:"key"`
				Step int    `json:"step"`
			} `json:"metrics"`
		} `json:"data"`
	} `json:"run"`
}

func (s *server) get(r Ref) (out serverRun, err error) {
	err = s.call(http.MethodGet, api+"runs/get", url.Values{"run_id": {r.Run}}, nil, &out)
	return out, err
}

// LastStep implements Store.
func (s *server) LastStep(r Ref, key string) (int, error) {
	got, err := s.get(r)
	for _, m := range got.Run.Data.Metrics {
		if m.Key == key {
			return m.Step, err
		}
	}
	return 0, err
}

// SetStatus implements Store.
func (s *server) SetStatus(r Ref, status Status, at time.Time) error {
	update := map[string]any{"run_id": r.Run, "status": status}
	if status != Running {
		update["end_time"] = at.UnixMilli()
	}
	return s.call(http.MethodPost, api+"runs/update", nil, update, nil)
}

// Artifact implements Store: by the server, if it keeps artifacts itself.
func (s *server) Artifact(r Ref, name string, content []byte) error {
	got, err := s.get(r)
	if err != nil {
		return err
	}
	place, err := url.Parse(got.Run.Info.Artifacts)
	if err != nil || place.Scheme != "mlflow-artifacts" {
		return errors.Errorf("mlflow: artifacts of the server are in %s, which only MLflow's client writes to; start it with --serve-artifacts", got.Run.Info.Artifacts)
	}
	return s.call(http.MethodPut, "api/2.0/mlflow-artifacts/artifacts/"+strings.TrimLeft(place.Path, "/")+"/"+name, nil, content, nil)
}
