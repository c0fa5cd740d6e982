package graph_test

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// certificateNetworks are networks whose energies can be split by sample, and one whose
// energy cannot.
func certificateNetworks() map[string]struct {
	d graph.Declaration
	r graph.Roles
} {
	networks := errorNetworks()
	chain := networks["chain"]
	chain.d.Predictions = append([]graph.Prediction{}, chain.d.Predictions...)
	chain.d.Predictions[2].Energy = coupled{}
	networks["coupled"] = chain
	return networks
}

// coupled is the squared error, summed in a way that does not show its samples.
type coupled struct{}

func (coupled) Build(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	e, err := gorgonia.Sub(x, mu)
	if err != nil {
		return nil, err
	}
	if e, err = gorgonia.Square(e); err != nil {
		return nil, err
	}
	if e, err = gorgonia.Sum(e, 0); err != nil {
		return nil, err
	}
	if e, err = gorgonia.Sum(e); err != nil {
		return nil, err
	}
	return gorgonia.Mul(b.Constant(0.5), e)
}

// The energies of the samples are those of one sample at a time, activities and errors
// have the same certificates, and the gradients are those of Evaluate.
func TestCertify(t *testing.T) {
	for name, c := range certificateNetworks() {
		for _, engine := range []graph.Engine{graph.Compiled{}, graph.Tape{}} {
			t.Run(name+"/"+engine.Name(), func(t *testing.T) {
				s, e := newErrors(t, c.d, c.r, engine)
				checkCertificates(t, s, e)
			})
		}
	}
}

func checkCertificates(t *testing.T, s *graph.Session, e *graph.ErrorCoordinates) {
	t.Helper()
	batch, terms := s.Batch(), len(s.Terms())
	each := make([]float64, batch*terms)
	if err := s.SampleEnergies(each); err != nil {
		t.Fatal(err)
	}
	var before, after []float64
	for _, a := range s.Activities() {
		before = a.X.AppendTo(before)
	}
	energies := make([]float64, terms)
	want := evaluate(t, s, energies)
	if err := e.Load(); err != nil {
		t.Fatal(err)
	}
	evaluate(t, e, energies)
	norms := relax.GradientNorms(nil, e.Activities())
	for _, p := range []relax.Certifier{s, e} {
		evaluates, err := p.Certificates()
		if err != nil {
			t.Fatal(err)
		}
		if _, errors := p.(*graph.ErrorCoordinates); errors != evaluates {
			t.Errorf("%T: evaluates: got %v", p, evaluates)
		}
		if evaluates {
			evaluate(t, e, energies)
		}
		samples, squares := make([]float64, batch), make([]float64, batch)
		total, err := p.Certify(energies, samples, squares)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(total-want) > 1e-10*(1+math.Abs(want)) {
			t.Errorf("%T: total, got %v, want %v", p, total, want)
		}
		for n := range batch {
			one := 0.0
			for _, x := range each[n*terms : (n+1)*terms] {
				one += x
			}
			if math.Abs(samples[n]-one) > 1e-10*(1+math.Abs(one)) {
				t.Errorf("%T: sample %d: energy, got %v, want %v", p, n, samples[n], one)
			}
			if square := norms[n] * norms[n]; math.Abs(squares[n]-square) > 1e-9*(1+square) {
				t.Errorf("%T: sample %d: squared norm, got %v, want %v", p, n, squares[n], square)
			}
		}
		if p != relax.Certifier(s) {
			continue // it may store the activities, see Certify
		}
		for _, a := range s.Activities() {
			after = a.X.AppendTo(after)
		}
		if !slices.Equal(before, after) {
			t.Error("Certify moved the activities")
		}
	}
}

// chainErrors is the chain of errorNetworks, disturbed, with its error coordinates.
func chainErrors(t *testing.T) (*graph.Session, *graph.ErrorCoordinates) {
	t.Helper()
	c := errorNetworks()["tangled"]
	return newErrors(t, c.d, c.r, graph.Compiled{})
}

// Once certificates are prepared, an evaluation leaves the session at the activities of
// the current errors, nodes that are moved directly included.
func TestCertifiedEvaluationStores(t *testing.T) {
	s, e := chainErrors(t)
	if _, err := e.Certificates(); err != nil {
		t.Fatal(err)
	}
	if err := e.Load(); err != nil {
		t.Fatal(err)
	}
	for _, a := range e.Activities() {
		for i := range a.X.Len() {
			a.X.Set(i, a.X.At(i)+0.1)
		}
	}
	energies := make([]float64, len(s.Terms()))
	want := evaluate(t, e, energies)
	if got := evaluate(t, s, energies); math.Abs(got-want) > 1e-12*(1+math.Abs(want)) {
		t.Errorf("energy of the stored activities, got %v, want %v", got, want)
	}
}

// First predictions follow new data and new weights.
func TestFirstPredictionsFollow(t *testing.T) {
	c := errorNetworks()["chain"]
	s, e := newErrors(t, c.d, c.r, graph.Compiled{})
	energies := make([]float64, len(s.Terms()))
	check := func(what string) {
		t.Helper()
		if err := s.Initialize(graph.Start{}, nil); err != nil {
			t.Fatal(err)
		}
		e.Reset()
		want := evaluate(t, s, energies)
		if got := evaluate(t, e, energies); math.Abs(got-want) > 1e-12*(1+math.Abs(want)) {
			t.Errorf("%s: energy at the feedforward pass, got %v, want %v", what, got, want)
		}
	}
	check("first")
	if err := s.ClampFloat64("x", []float64{3, -1, 2, 0.5, 0.1, -2, 1, 1, 4}); err != nil {
		t.Fatal(err)
	}
	check("new data")
	for _, p := range s.Network().Params() {
		p.Values().Scale(1.5)
	}
	s.Network().ParamsChanged()
	check("new weights")
}

// The energies of the samples count the coefficients of the terms, and an energy of no
// sample is shared.
func TestCertifyCounts(t *testing.T) {
	c := errorNetworks()["chain"]
	s, e := newErrors(t, c.d, c.r, graph.Compiled{})
	if err := s.SetCoefficient("y", 0.25); err != nil {
		t.Fatal(err)
	}
	checkCertificates(t, s, e)
}
