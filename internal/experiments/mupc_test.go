package experiments

import (
	"context"
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/models"
)

// In a network x → h → y of single units, a step on the activities from the feedforward
// pass moves h by the rate over the batch size, and the gradients of both weights follow:
//
//	ε_h = γ/B·(y − ŷ)·f'(h)·c·W_2    ∂/∂W_1 = −mean ε_h·a·x    ∂/∂W_2 = −mean ε_y·c·f(h + ε_h)
//
// with ε_y = y − c·W_2·f(h + ε_h).
func TestMuPCByHand(t *testing.T) {
	data := onePixel(t, .7, 2)
	s := PublishedMuPC(1, 1)
	s.Batch, s.ActivityRate = 2, .6
	tried := 0
	for seed := range uint64(20) {
		net, err := s.new(data, seed)
		if err != nil {
			t.Fatal(err)
		}
		batch, err := firstBatch(data, 2, seed)
		if err != nil {
			t.Fatal(err)
		}
		w1, w2 := net.Params()[0].Values().At(0), net.Params()[1].Values().At(0)
		if w1 <= 0 {
			continue // the unit is silent
		}
		tried++
		if _, err := s.rule().Gradients(context.Background(), net, batch); err != nil {
			t.Fatal(err)
		}
		var want [2]float64
		for _, x := range batch.Values["x"] {
			h := w1 * float64(x)
			eps := .6 / 2 * (1 - w2*h) * w2
			f := math.Max(0, h+eps)
			want[0] -= eps * float64(x) / 2
			want[1] -= (1 - w2*f) * f / 2
		}
		for i, p := range net.Params() {
			if got := p.Grads().At(0); math.Abs(got-want[i]) > 1e-5*(1+math.Abs(want[i])) {
				t.Errorf("seed %d, %s: got %g, want %g", seed, p.Name, got, want[i])
			}
		}
	}
	if tried < 5 {
		t.Errorf("got %d networks with an active unit, want 5", tried)
	}
}

// After T steps the error stands at T hidden nodes, so that T + 1 matrices learn.
func TestMuPCReaches(t *testing.T) {
	d := pixels(t, 200, 24)
	split := &datasets.Split{Train: d, Test: d}
	for _, steps := range []int{1, 2, 4} {
		s := PublishedMuPC(12, 6)
		s.Steps, s.ActivityRate, s.Batch, s.Updates = steps, 4, 8, 2
		r, err := s.Run(context.Background(), split, 1)
		if err != nil || r.Reached != steps+1 || len(r.TestErrors) != 0 {
			t.Errorf("%d steps: got %+v, %v, want %d matrices reached", steps, r, err, steps+1)
		}
	}
}

// It is tested when it should be, learns, and a network that diverges is wrong from then on.
func TestMuPC(t *testing.T) {
	glyphs, err := datasets.Load("glyphs", datasets.LoadSettings{Seed: 1, Train: 3000, Test: 300})
	if err != nil {
		t.Fatal(err)
	}
	s := PublishedMuPC(32, 4)
	s.Batch, s.Updates, s.Tests = 20, 150, []int{1, 50, 150, 400}
	r, err := s.Run(context.Background(), glyphs, 1)
	if err != nil || len(r.TestErrors) != 3 || r.Diverged || !(r.TestErrors[2] < .75*r.TestErrors[0]) {
		t.Errorf("got %+v, %v, want three errors, the last below three quarters of the first", r, err)
	}
	again, err := s.Run(context.Background(), glyphs, 1)
	if err != nil || again.TestErrors[2] != r.TestErrors[2] {
		t.Errorf("again: got %+v, %v, want %+v", again, err, r)
	}
	s.Parametrization = models.Standard
	if other, err := s.Run(context.Background(), glyphs, 1); err != nil || other.TestErrors[2] == r.TestErrors[2] {
		t.Errorf("standard: got %+v, %v, want other errors than %+v", other, err, r)
	}
	s.ActivityRate = 1e9
	if r, err = s.Run(context.Background(), glyphs, 1); err != nil || !r.Diverged || len(r.TestErrors) != 3 || r.TestErrors[2] != 1 {
		t.Errorf("rate 1e9: got %+v, %v, want it to diverge", r, err)
	}
	s.Updates = 151
	if _, err = s.Run(context.Background(), glyphs, 1); err == nil {
		t.Error("151 updates of 3,000 images: got no error")
	}
}
