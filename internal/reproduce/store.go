package reproduce

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/sweep"
)

// schema is the version of the stored lines.
const schema = 1

// header is the first line of a store: what the trials in it have in common.
type header struct {
	Schema   int      `json:"schema"`
	Store    string   `json:"store"`
	Preset   Preset   `json:"preset"`
	Protocol Protocol `json:"protocol"`
	// PublishedSeeds says whose the seeds are.
	PublishedSeeds bool `json:"published_seeds,omitempty"`
	// Quirks are the slips that are not as the protocol has them.
	Quirks map[QuirkName]bool `json:"quirks,omitempty"`
}

// header returns that of the store of a panel's trials.
func (p *Panel) header(o Options) header {
	return header{schema, p.store(), o.Preset, o.Protocol, o.PublishedSeeds, p.overrides(o)}
}

// String describes what was run.
func (h header) String() string {
	text := fmt.Sprintf("%s, preset %s, protocol %s", strings.Join(sharing(h.Store), " and "), h.Preset, h.Protocol)
	if h.PublishedSeeds {
		text += ", published seeds"
	}
	for _, name := range slices.Sorted(maps.Keys(h.Quirks)) {
		text += fmt.Sprintf(", %s %s", name, QuirkChoice{Repeated: h.Quirks[name]}.State())
	}
	if h.Schema != schema {
		text += fmt.Sprintf(", schema %d", h.Schema)
	}
	return text
}

// Store keeps the results of trials.
type Store = sweep.Store[Trial, Outcome]

// storePath returns where a store of that name is kept in an output directory.
func storePath(dir, name string) string { return filepath.Join(dir, "trials", name+".jsonl") }

// openStore opens or makes a store. Without resume it is an error if there are
// trials in it already; with resume they have to be of the same header. A task has a file
// of its own.
func openStore(dir string, want header, resume bool, task string) (*Store, error) {
	s, err := sweep.Open(storePath(dir, want.Store), sweep.StoreSettings[Trial, Outcome]{
		Header: want, Resume: resume, Codec: codec{}, Shards: filepath.Join(dir, "shards", want.Store), Task: task,
	})
	var other *sweep.HeaderError
	switch {
	case errors.Is(err, sweep.ErrStored):
		return nil, errors.Errorf("--out %s: already holds trials of %s; pass --resume to go on or choose another --out",
			dir, strings.Join(sharing(want.Store), " and "))
	case errors.As(err, &other):
		var h header
		if json.Unmarshal(other.Stored, &h) != nil {
			return nil, errors.WithMessagef(err, "--out %s", dir)
		}
		return nil, errors.Errorf("reproduce: store: %s: holds trials of %s; want %s; choose another --out", other.Path, h, want)
	}
	return s, errors.WithMessagef(err, "--out %s", dir)
}

// codec writes a [Record] as one JSON object.
type codec struct{}

// Encode implements sweep.Codec.
func (codec) Encode(r sweep.Record[Trial, Outcome]) ([]byte, error) {
	return json.Marshal(newRecord(r))
}

// Decode implements sweep.Codec.
func (codec) Decode(line []byte) (sweep.Record[Trial, Outcome], error) {
	var r Record
	err := json.Unmarshal(line, &r)
	if err == nil {
		err = r.check()
	}
	return sweep.Record[Trial, Outcome]{Params: r.Trial, Result: r.Outcome, Seconds: r.Seconds, CPUSeconds: r.CPUSeconds}, err
}
