package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/internal/safetensors"
	"github.com/seed-be841da4/prospect/train"
)

// request is a line that a [Server] reads.
type request struct {
	// Do is load, export, update, weights, gradient, peak, learn, relax or activities.
	Do string `json:"do"`
	// Weights and Data are files of the initial weights and of the batches.
	Weights string `json:"weights"`
	Data    string `json:"data"`
	// Count of updates, of relaxations, or of threads.
	Count int `json:"count"`
	// Path is the file to write.
	Path string `json:"path"`
	// Tolerance is the relative energy gap of an equilibrium.
	Tolerance float64 `json:"tolerance"`
}

// reply is the line that answers a request.
type reply struct {
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
	// Count of updates and the seconds that they took.
	Count   int     `json:"count,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
	// Passes is the mean number of evaluations of a relaxation.
	Passes float64 `json:"passes,omitempty"`
	// FLOPs of the products of an update.
	FLOPs float64 `json:"flops,omitempty"`
	// Gflops is the multiply-add peak of Count threads.
	Gflops float64 `json:"gflops,omitempty"`
}

// Server makes weight updates of a case on request, so that another program can take
// turns with it and compare what it computes. It reads one JSON object a line and answers
// each by one:
//
//	{"do": "export", "weights": W, "data": D}   write the initial weights and the batches
//	{"do": "load", "weights": W, "data": D}     begin with these: {"ok": true, "flops": F}
//	{"do": "update", "count": N}                make updates: {"ok": true, "count": N, "seconds": S}
//	{"do": "weights", "path": P}                write the weights
//	{"do": "gradient", "path": P}               write the gradient at the weights loaded, of the first batch
//	{"do": "learn", "count": N}                 make updates by pc at equilibrium, with all the data
//	{"do": "relax", "count": N, "tolerance": X}  relax batches, from the data to the equilibrium: {"ok": true, "count": N, "seconds": S, "passes": P}
//	{"do": "activities", "tolerance": X, "path": P}  write the activities of every batch at the equilibrium, (batches, samples, size)
//	{"do": "peak", "count": N}                  measure the multiply-add peak of N threads: {"ok": true, "count": N, "gflops": G}
//
// Files are safetensors: weights and gradients by parameter; the batches as "x" and "y",
// (batches, samples, size). A failed request is answered by {"ok": false, "error": E}.
type Server struct {
	// Case and Rule, "pc" or "bp", to run.
	Case Case
	Rule string
	// Settings: Engine and Precision are used.
	Settings Settings
	// Data loads the samples for export.
	Data func() (datasets.Dataset, error)

	updater *updater
	weights string // the file loaded
	settled *settling
}

// Serve answers the requests of r until its end.
func (s *Server) Serve(ctx context.Context, r io.Reader, w io.Writer) error {
	out := json.NewEncoder(w)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var q request
		answer := reply{OK: true}
		err := json.Unmarshal(lines.Bytes(), &q)
		if err == nil {
			err = s.answer(ctx, q, &answer)
		}
		if err != nil {
			answer = reply{Error: err.Error()}
		}
		if err := out.Encode(answer); err != nil {
			return errors.Wrap(err, "bench: answer")
		}
	}
	return errors.Wrap(lines.Err(), "bench: request")
}

func (s *Server) answer(ctx context.Context, q request, a *reply) error {
	switch q.Do {
	case "update", "weights", "gradient", "learn", "relax", "activities":
		if s.updater == nil {
			return errors.Errorf("bench: request %q before load", q.Do)
		}
	}
	if slices.Contains([]string{"update", "peak", "learn", "relax"}, q.Do) && q.Count < 1 {
		return errors.Errorf("bench: request %q: count, got %d, want at least 1", q.Do, q.Count)
	}
	switch q.Do {
	case "export":
		return s.export(q)
	case "load":
		a.FLOPs = s.Case.updateFLOPs(s.Rule)
		return s.load(q)
	case "update":
		start := time.Now()
		if err := s.updater.update(ctx, q.Count); err != nil {
			return err
		}
		a.Count, a.Seconds = q.Count, time.Since(start).Seconds()
		return nil
	case "weights":
		return train.SaveWeights(s.updater.net, q.Path)
	case "gradient":
		return s.gradient(ctx, q.Path)
	case "learn":
		return s.learn(ctx, q)
	case "relax":
		return s.relax(ctx, q, a)
	case "activities":
		return s.activities(ctx, q)
	case "peak":
		a.Count, a.Gflops = q.Count, Peak(q.Count)
		return nil
	}
	return errors.Errorf("bench: request, got %q, want load, export, update, weights, gradient, peak, learn, relax or activities", q.Do)
}

// export writes what load reads.
func (s *Server) export(q request) error {
	u, err := newUpdater(s.Case, s.Rule, s.Settings)
	if err != nil {
		return err
	}
	data, err := s.Data()
	if err != nil {
		return err
	}
	if u.batches, err = load(data, s.Case); err != nil {
		return err
	}
	if err := train.SaveWeights(u.net, q.Weights); err != nil {
		return err
	}
	var f safetensors.File
	for _, name := range []string{"x", "y"} {
		t := safetensors.Tensor{Name: name}
		for _, b := range u.batches {
			t.F32 = append(t.F32, b.Values[name]...)
		}
		t.Shape = []int{len(u.batches), s.Case.Batch, len(t.F32) / len(u.batches) / s.Case.Batch}
		f.Tensors = append(f.Tensors, t)
	}
	return safetensors.WriteFile(q.Data, f)
}

// load makes a network with the weights and the batches of files.
func (s *Server) load(q request) error {
	u, err := newUpdater(s.Case, s.Rule, s.Settings)
	if err != nil {
		return err
	}
	if err := loadWeights(u, q.Weights); err != nil {
		return err
	}
	f, err := safetensors.ReadFile(q.Data)
	if err != nil {
		return err
	}
	for _, t := range f.Tensors {
		if len(t.Shape) != 3 || t.Shape[0] < 1 || t.Shape[1] != s.Case.Batch || t.F32 == nil {
			return errors.Errorf("bench: %s: %s, got shape %v, want (batches, %d, size) of f32; write it by export", q.Data, t.Name, t.Shape, s.Case.Batch)
		}
		if u.batches == nil {
			u.batches = make([]*train.Batch, t.Shape[0])
		}
		if len(u.batches) != t.Shape[0] {
			return errors.Errorf("bench: %s: %s, got %d batches, want %d as in the others", q.Data, t.Name, t.Shape[0], len(u.batches))
		}
		size := t.Shape[1] * t.Shape[2]
		for i := range u.batches {
			if u.batches[i] == nil {
				u.batches[i] = &train.Batch{Size: s.Case.Batch, Values: map[string][]float32{}}
			}
			u.batches[i].Values[t.Name] = t.F32[i*size : (i+1)*size]
		}
	}
	if u.batches == nil {
		return errors.Errorf("bench: %s: no tensors, want x and y; write it by export", q.Data)
	}
	s.updater, s.weights, s.settled = u, q.Weights, nil
	return nil
}

func loadWeights(u *updater, path string) error {
	return train.WeightSettings{Convert: true}.Load(u.net, path)
}

// gradient writes the gradient of the first batch at the weights loaded, with a network
// of its own, so that the updates made so far stay.
func (s *Server) gradient(ctx context.Context, path string) error {
	u, err := newUpdater(s.Case, s.Rule, s.Settings)
	if err != nil {
		return err
	}
	if err := loadWeights(u, s.weights); err != nil {
		return err
	}
	if _, err := u.rule.Gradients(ctx, u.net, s.updater.batches[0]); err != nil {
		return err
	}
	var f safetensors.File
	for _, p := range u.net.Params() {
		f.Tensors = append(f.Tensors, safetensors.Tensor{
			Name: p.Name, Shape: p.Grad.Shape(), F32: p.Grads().Float32(), F64: p.Grads().Float64(),
		})
	}
	return safetensors.WriteFile(path, f)
}
