package mlflow

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
)

// folder is MLflow's file store:
//
//	EXPERIMENT/meta.yaml
//	EXPERIMENT/RUN/meta.yaml
//	EXPERIMENT/RUN/params/KEY, tags/KEY    the value
//	EXPERIMENT/RUN/metrics/KEY             a line "milliseconds value step" for each
//	EXPERIMENT/RUN/artifacts/NAME
type folder struct{ root string }

func newFolder(root string) (*folder, error) {
	root, err := filepath.Abs(root) // which the addresses of artifacts need
	if err != nil {
		return nil, errors.Wrap(err, "mlflow")
	}
	return &folder{root}, errors.Wrap(os.MkdirAll(root, 0o777), "mlflow")
}

// meta is a meta.yaml: lines "key: value" in order.
type meta [][2]string

func (m meta) bytes() []byte {
	var b bytes.Buffer
	for _, line := range m {
		fmt.Fprintf(&b, "%s: %s\n", line[0], line[1])
	}
	return b.Bytes()
}

// quoted is a text in YAML.
func quoted(s string) string { return strconv.Quote(strings.ToValidUTF8(s, "?")) }

// plain is the text of a scalar of one line in YAML.
func plain(scalar string) string {
	scalar = strings.TrimSpace(scalar)
	if s, err := strconv.Unquote(scalar); err == nil && strings.HasPrefix(scalar, `"`) {
		return s
	}
	if n := len(scalar); n >= 2 && scalar[0] == '\'' && scalar[n-1] == '\'' {
		return strings.ReplaceAll(scalar[1:n-1], "''", "'")
	}
	return scalar
}

// readMeta returns the texts of a meta.yaml by key.
func readMeta(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.Wrap(err, "mlflow")
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok {
			out[strings.TrimSpace(key)] = plain(value)
		}
	}
	return out, nil
}

// uri is the address of a folder.
func uri(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// experiment returns the id of an experiment by name.
func (f *folder) experiment(name string) (string, error) {
	files, err := filepath.Glob(filepath.Join(f.root, "*", "meta.yaml"))
	if err != nil {
		return "", errors.Wrap(err, "mlflow")
	}
	for _, file := range files {
		if m, err := readMeta(file); err == nil && m["name"] == name && m["lifecycle_stage"] != "deleted" {
			return filepath.Base(filepath.Dir(file)), nil
		}
	}
	h := fnv.New64a() // two processes that make it at once make the same one
	_, _ = h.Write([]byte(name))
	id := fmt.Sprintf("%018d", h.Sum64()%1e18)
	dir := filepath.Join(f.root, id)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", errors.Wrap(err, "mlflow")
	}
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	return id, atomicfile.WriteFile(filepath.Join(dir, "meta.yaml"), meta{
		{"artifact_location", quoted(uri(dir))},
		{"creation_time", now},
		{"experiment_id", quoted(id)},
		{"last_update_time", now},
		{"lifecycle_stage", "active"},
		{"name", quoted(name)},
	}.bytes(), 0o666)
}

func (f *folder) dir(r Ref) string { return filepath.Join(f.root, r.Experiment, r.Run) }

// Create implements Store.
func (f *folder) Create(r Run) (Ref, error) {
	id, err := f.experiment(r.Experiment)
	if err != nil {
		return Ref{}, err
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // it never fails
	ref := Ref{Experiment: id, Run: hex.EncodeToString(random[:])}
	dir := f.dir(ref)
	for _, sub := range []string{"metrics", "params", "tags", "artifacts"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o777); err != nil {
			return ref, errors.Wrap(err, "mlflow")
		}
	}
	tags := maps.Clone(r.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	tags["mlflow.runName"], tags["mlflow.user"] = r.Name, r.User
	for sub, values := range map[string]map[string]string{"params": r.Params, "tags": tags} {
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if err := f.value(filepath.Join(dir, sub, filepath.FromSlash(key)), short(values[key])); err != nil {
				return ref, err
			}
		}
	}
	return ref, f.write(dir, meta{
		{"artifact_uri", quoted(uri(filepath.Join(dir, "artifacts")))},
		{"end_time", "null"},
		{"entry_point_name", "''"},
		{"experiment_id", quoted(id)},
		{"lifecycle_stage", "active"},
		{"run_id", quoted(ref.Run)},
		{"run_name", quoted(r.Name)},
		{"source_name", "''"},
		{"source_type", "4"},
		{"source_version", "''"},
		{"start_time", strconv.FormatInt(r.Started.UnixMilli(), 10)},
		{"status", strconv.Itoa(Running.number())},
		{"tags", "[]"},
		{"user_id", quoted(r.User)},
	})
}

func (f *folder) write(dir string, m meta) error {
	return atomicfile.WriteFile(filepath.Join(dir, "meta.yaml"), m.bytes(), 0o666)
}

// value writes the value of a parameter or tag.
func (f *folder) value(path, value string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return errors.Wrap(err, "mlflow")
	}
	return atomicfile.WriteFile(path, []byte(value), 0o666)
}

// SetStatus implements Store: it changes two lines of meta.yaml.
func (f *folder) SetStatus(r Ref, s Status, at time.Time) error {
	path := filepath.Join(f.dir(r), "meta.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return errors.Wrap(err, "mlflow")
	}
	end := "null"
	if s != Running {
		end = strconv.FormatInt(at.UnixMilli(), 10)
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "status:"):
			line = fmt.Sprintf("status: %d\n", s.number())
		case strings.HasPrefix(line, "end_time:"):
			line = "end_time: " + end + "\n"
		}
		out.WriteString(line)
	}
	return atomicfile.WriteFile(path, []byte(out.String()), 0o666)
}

// metric is the file of a metric.
func (f *folder) metric(r Ref, key string) string {
	return filepath.Join(f.dir(r), "metrics", filepath.FromSlash(key))
}

// LastStep implements Store. A torn last line is cut off.
func (f *folder) LastStep(r Ref, key string) (int, error) {
	path := f.metric(r, key)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, errors.Wrap(err, "mlflow")
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	if len(whole) < len(text) {
		if err := os.Truncate(path, int64(len(whole))); err != nil {
			return 0, errors.Wrap(err, "mlflow")
		}
	}
	last := 0
	for line := range strings.Lines(string(whole)) {
		if fields := strings.Fields(line); len(fields) >= 3 {
			if step, err := strconv.Atoi(fields[2]); err == nil {
				last = max(last, step)
			}
		}
	}
	return last, nil
}

// Log implements Store. A step that a metric has already is left out: a process that was
// killed may have written some metrics of it and not others.
func (f *folder) Log(r Ref, metrics []Metric) error {
	for _, m := range metrics {
		last, err := f.LastStep(r, m.Key)
		if err != nil {
			return err
		}
		if last >= m.Step {
			continue
		}
		if err := f.add(f.metric(r, m.Key), m); err != nil {
			return err
		}
	}
	return nil
}

func (f *folder) add(path string, m Metric) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return errors.Wrap(err, "mlflow")
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return errors.Wrap(err, "mlflow")
	}
	_, err = fmt.Fprintf(file, "%d %s %d\n", m.Time.UnixMilli(), strconv.FormatFloat(m.Value, 'g', -1, 64), m.Step)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return errors.Wrap(err, "mlflow")
}

// Artifact implements Store.
func (f *folder) Artifact(r Ref, name string, content []byte) error {
	return f.value(filepath.Join(f.dir(r), "artifacts", filepath.FromSlash(name)), string(content))
}
