package run

import (
	"context"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/query"
	"github.com/seed-be841da4/prospect/relax"
)

// Ask is a question to the network of a run, as the command line puts it.
type Ask struct {
	// Clamp lists what is known, each "NODE=VALUES", see [Ask.values].
	Clamp []string
	// Mask hides a part of the clamped samples: "left", "right", "top", "bottom" or
	// "random:P". Empty hides nothing.
	Mask string
	// Predict names nodes of which to return what the others predict.
	Predict []string
	// Score asks for the energy of every class.
	Score bool
	// Samples is the number of samples where Clamp does not say. Zero means 1.
	Samples int

	// Steps, StepSize, Tolerance, Solver, StartStd and Seed describe the relaxation.
	Steps     int
	StepSize  float64
	Tolerance float64
	Solver    string
	StartStd  float64
	Seed      uint64
}

// Reply is the answer to an [Ask].
type Reply struct {
	*query.Answer
	// Net is the network that was asked.
	Net *Network
	// Question is what was known.
	Question query.Question
	// Symbols are the characters of the text that the network reads, in the order of
	// their numbers. Nil for other networks.
	Symbols []rune
	// ClassNames are those of [Settings.ClassNames].
	ClassNames []string
	// Truth are the labels of the samples, where the data know them: nil otherwise.
	Truth []int
	// Predictions of the nodes in Ask.Predict.
	Predictions map[string][]float64
	// Scores are the energies with each class in turn: (samples)(classes). Nil unless
	// asked for.
	Scores [][]float64

	settings Settings // of the run
}

// Query asks the network of a run.
func Query(ctx context.Context, m Manifest, checkpoint, dataDir string, a Ask) (*Reply, error) {
	net, err := LoadNetwork(m, Weights{Path: checkpoint})
	if err != nil {
		return nil, err
	}
	settings, err := a.settings(m.Settings)
	if err != nil {
		return nil, err
	}
	asker, err := query.New(net.Network, settings)
	if err != nil {
		return nil, err
	}
	r := &Reply{Net: net, ClassNames: m.Settings.ClassNames(), settings: m.Settings}
	if r.Symbols, err = m.Settings.symbols(net.Layout); err != nil {
		return nil, err
	}
	if err := a.question(r, m.Settings, dataDir); err != nil {
		return nil, err
	}
	if a.Score {
		return r, a.score(ctx, r, asker, m.Settings.Encoding())
	}
	if r.Answer, err = asker.Ask(ctx, r.Question); err != nil {
		if errors.Is(err, relax.ErrDiverged) {
			err = settingf("%v; lower {step_size} (%v), or take {solver} lbfgs", err, a.StepSize)
		}
		return nil, err
	}
	r.Predictions = map[string][]float64{}
	for _, name := range a.Predict {
		if r.Predictions[name], err = asker.Predict(r.Answer, name); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// settings returns how to relax.
func (a Ask) settings(s Settings) (query.Settings, error) {
	var none query.Settings
	switch {
	case a.Steps < 1 || a.Steps > most:
		return none, settingf("{steps}, got %d, want 1 to %d", a.Steps, most)
	case !(a.StepSize > 0) || math.IsInf(a.StepSize, 0):
		return none, settingf("{step_size}, got %v, want a positive finite number", a.StepSize)
	case !(a.Tolerance > 0) || math.IsInf(a.Tolerance, 0):
		return none, settingf("{tolerance}, got %v, want a positive finite number", a.Tolerance)
	case !(a.StartStd >= 0) || math.IsInf(a.StartStd, 0):
		return none, settingf("{start_std}, got %v, want a finite number of at least 0", a.StartStd)
	case a.Samples < 0 || a.Samples > most:
		return none, settingf("{samples}, got %d, want 0 to %d", a.Samples, most)
	}
	s.Steps, s.StepSize, s.StepDiscount, s.Solver = a.Steps, a.StepSize, 1, a.Solver
	s.Control, s.Stop, s.Tolerance, s.Seed = "", "", 0, a.Seed
	r, err := s.relaxation()
	if err != nil {
		return none, err
	}
	r.Precision = nil
	r.Stop = relax.GradientNorm{Tolerance: a.Tolerance, MinSteps: 1}
	return query.Settings{Relax: r, Start: graph.Start{Std: a.StartStd}, Seed: a.Seed}, nil
}

// Values returns what was read of a node or, if Ask.Predict names it, what is predicted
// of it, in the numbers of the user's files: standardised samples and targets are as
// they were before.
func (r *Reply) Values(node string) ([]float64, error) {
	v, ok := r.Predictions[node]
	if !ok {
		var err error
		if v, err = r.Node(node); err != nil {
			return nil, err
		}
	}
	return r.Net.unscaled(r.settings.Scalings, node, v)
}

// Double reports whether the network computes in float64.
func (r *Reply) Double() bool { return r.settings.Precision == graph.Float64 }

// Pictures returns the shape of the data's samples, and what a node that holds them makes
// of 8-bit pixels, for [datasets.Picture].
func (r *Reply) Pictures() (shape []int, n datasets.Normalization, err error) {
	d, err := r.settings.sizes()
	if err != nil {
		return nil, n, err
	}
	n = r.settings.Normalization()
	if s := r.settings.Scalings; s != nil && s.Samples != nil {
		n = datasets.Normalization{Scale: s.Samples.Factor, Mean: s.Samples.Mean, Std: s.Samples.Std}
	}
	return d.Shape, n, nil
}

// score fills in the energies of every class.
func (a Ask) score(ctx context.Context, r *Reply, asker *query.Asker, e datasets.Encoding) error {
	label := r.Net.Label
	if label == "" {
		return settingf("{score}: the network has no node that holds labels")
	}
	n, err := r.Net.Node(label)
	if err != nil {
		return err
	}
	var codes [][]float32
	for class := range n.Shape.Size() {
		code := make([]float32, n.Shape.Size())
		if err := e.Encode([]int{class}, len(code), code); err != nil {
			return err
		}
		codes = append(codes, code)
	}
	r.Scores, err = asker.Score(ctx, r.Question, label, codes)
	return err
}

// Guesses returns the class of every sample: of the least score, or of the
// largest unit of the label's node. Nil if there is none, or if it was clamped.
func (r *Reply) Guesses() []int {
	if r.Scores != nil {
		var out []int
		for _, row := range r.Scores {
			out = append(out, slices.Index(row, slices.Min(row)))
		}
		return out
	}
	if _, clamped := r.Question.Clamp[r.Net.Label]; r.Net.Label == "" || clamped || r.Symbols != nil || r.Net.regresses {
		return nil
	}
	out, err := r.Largest(r.Net.Label)
	if err != nil {
		return nil // it is a node of the network
	}
	return out
}
