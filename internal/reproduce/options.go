package reproduce

import (
	"runtime"

	"github.com/pkg/errors"
)

// Preset says how much of the published protocol is run.
type Preset string

// The presets.
const (
	// Quick takes minutes: fewer seeds and a thinner grid.
	Quick Preset = "quick"
	// Full is the published protocol.
	Full Preset = "full"
)

// Protocol says whether the accidents of the published experiments are repeated.
type Protocol string

// The protocols.
const (
	// Published repeats the experiments as they were run, the slips of their
	// configurations included: they shaped the published numbers. Each panel names
	// its own in Panel.Quirks.
	Published Protocol = "published"
	// Clean is the same experiment without the slips.
	Clean Protocol = "clean"
)

// Options of a run. The zero value is quick, as published.
type Options struct {
	// Preset is how much is run. Empty means Quick.
	Preset Preset `json:"preset"`
	// Protocol is the published or the clean one. Empty means Published.
	Protocol Protocol `json:"protocol"`
	// Seeds is the number of seeds. Zero means that of the preset.
	Seeds int `json:"seeds,omitempty"`
	// PublishedSeeds takes the seeds of the paper and draws as PyTorch does, see [Exact].
	// Seeds has to be 0.
	PublishedSeeds bool `json:"published_seeds,omitempty"`
	// Quirks says of single slips whether they are repeated, whatever the protocol.
	Quirks map[QuirkName]bool `json:"quirks,omitempty"`
	// Workers is the number of trials that run at a time. Zero means one for each
	// processor. Results do not depend on it.
	Workers int `json:"-"`
	// DataDir is where the data sets are. Empty means the user's.
	DataDir string `json:"-"`
}

// Resolve fills in what is left out and returns an error for what cannot be.
func (o Options) Resolve() (Options, error) {
	if o.Preset == "" {
		o.Preset = Quick
	}
	if o.Protocol == "" {
		o.Protocol = Published
	}
	switch {
	case o.Preset != Quick && o.Preset != Full:
		return o, errors.Errorf("--preset, got %q, want quick or full", o.Preset)
	case o.Protocol != Published && o.Protocol != Clean:
		return o, errors.Errorf("--protocol, got %q, want published or clean", o.Protocol)
	case o.Seeds < 0:
		return o, errors.Errorf("--seeds, got %d, want at least 1, or 0 for the preset's", o.Seeds)
	case o.PublishedSeeds && o.Seeds != 0:
		return o, errors.New("--seeds published: got a number of seeds, too; the published experiments say how many there are")
	case o.PublishedSeeds && o.Protocol != Published:
		return o, errors.Errorf("--seeds published: --protocol, got %q, want published: the seeds are those of the experiments as they were run", o.Protocol)
	case o.PublishedSeeds && len(o.Quirks) > 0:
		return o, errors.New("--seeds published: got --quirk, want none: the seeds are those of the experiments as they were run")
	case o.Workers < 0:
		return o, errors.Errorf("--workers, got %d, want at least 1, or 0 for one a processor", o.Workers)
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return o, nil
}

// full reports whether the published grid is run.
func (o Options) full() bool { return o.Preset == Full }

// repeats reports whether a slip is repeated.
func (o Options) repeats(q QuirkName) bool {
	if on, ok := o.Quirks[q]; ok {
		return on
	}
	return o.Protocol != Clean
}

// Seeds are how many seeds the presets run; 0 for a panel without randomness.
type Seeds struct {
	Quick int `json:"quick"`
	Full  int `json:"full"`
}

// seeds returns how many seeds are run.
func (o Options) seeds(s Seeds) int {
	switch {
	case s.Full == 0:
		return 0
	case o.Seeds > 0:
		return o.Seeds
	}
	return pick(o, s.Quick, s.Full)
}

// pick returns the grid of the preset.
func pick[T any](o Options, quick, full T) T {
	if o.full() {
		return full
	}
	return quick
}

// String returns the name.
func (p Preset) String() string { return string(p) }
