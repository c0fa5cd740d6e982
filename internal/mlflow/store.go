// Package mlflow logs runs where MLflow shows them: in a folder, which is MLflow's file
// store, or on a tracking server, whatever store that has.
//
// Sources: mlflow/store/tracking/file_store.py, and the REST API 2.0 of MLflow.
package mlflow

import (
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/pkg/errors"
)

// Run is a run to log.
type Run struct {
	// Experiment is the name of the experiment that it belongs to, Name its own.
	Experiment, Name string
	// User and Started are shown.
	User    string
	Started time.Time
	// Params are its settings, Tags what else there is to say.
	Params, Tags map[string]string
}

// Ref is a run in a store.
type Ref struct {
	Experiment string `json:"experiment_id"`
	Run        string `json:"run_id"`
}

// Metric is a number at a step.
type Metric struct {
	Key   string
	Value float64
	Step  int
	Time  time.Time
}

// Status is how a run stands, by the names of MLflow.
type Status string

// The statuses.
const (
	Running  Status = "RUNNING"
	Finished Status = "FINISHED"
	Failed   Status = "FAILED"
	Killed   Status = "KILLED"
)

// number is what the file store calls a status.
func (s Status) number() int {
	return map[Status]int{Running: 1, Finished: 3, Failed: 4, Killed: 5}[s]
}

// Store is where runs are logged.
type Store interface {
	// Create makes a run, and its experiment if there is none of that name.
	Create(r Run) (Ref, error)
	// Log adds metrics.
	Log(r Ref, metrics []Metric) error
	// LastStep is the last step of a metric, 0 if there is none.
	LastStep(r Ref, key string) (int, error)
	// SetStatus says how a run stands, from a time on; of a run that is not running it is
	// the end.
	SetStatus(r Ref, s Status, at time.Time) error
	// Artifact keeps a file under a name.
	Artifact(r Ref, name string, content []byte) error
}

// Open returns the store at a place: the address of a server, which begins with http://
// or https://, or a folder, which is made if it is missing. "file:" before a folder is
// left out.
func Open(place string) (Store, error) {
	if !strings.HasPrefix(place, "http://") && !strings.HasPrefix(place, "https://") {
		if scheme, _, ok := strings.Cut(place, "://"); ok && scheme != "file" {
			return nil, errors.Errorf("mlflow: got %q, want a folder, or the http:// address of a tracking server, such as that of mlflow server --backend-store-uri %s", place, place)
		}
		return newFolder(strings.TrimPrefix(strings.TrimPrefix(place, "file://"), "file:"))
	}
	u, err := url.Parse(place)
	if err != nil || u.Host == "" {
		return nil, errors.Errorf("mlflow: address, got %q, want one such as http://localhost:5000", place)
	}
	if u.User != nil {
		return nil, errors.New("mlflow: address: holds a user; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN")
	}
	return newServer(u), nil
}

// Key writes a name with the characters that MLflow takes.
func Key(name string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-. /", r)) {
			return r
		}
		return '_'
	}, name)
}

// mostValue is the length of a parameter or tag that every store takes.
const mostValue = 5000

// short cuts a value that no store would take.
func short(value string) string {
	if len(value) <= mostValue {
		return value
	}
	return strings.ToValidUTF8(value[:mostValue-3], "") + "..."
}
