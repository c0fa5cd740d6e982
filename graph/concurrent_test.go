package graph_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
)

// Networks are independent: building and running several at once is no race and
// changes no bit.
func TestNetworksConcurrently(t *testing.T) {
	work := func() ([]float64, error) {
		net, err := graph.New(tangled(), f64)
		if err != nil {
			return nil, err
		}
		s, err := net.Session(3, graph.Roles{Clamped: []string{"a", "b", "y"}})
		if err != nil {
			return nil, err
		}
		for _, in := range tangledInputs {
			x := make([]float64, 3*in.size)
			for i := range x {
				x[i] = float64(i%5) - 2
			}
			if err := s.ClampFloat64(in.name, x); err != nil {
				return nil, err
			}
		}
		if err := s.Initialize(graph.Start{}, nil); err != nil {
			return nil, err
		}
		energies := make([]float64, len(s.Terms()))
		for range 5 {
			if _, err := s.Evaluate(energies); err != nil {
				return nil, err
			}
			for _, a := range s.Activities() {
				a.X.AddScaled(-0.1, a.Grad)
			}
		}
		if _, err := s.Learn(energies); err != nil {
			return nil, err
		}
		return gradients(net), nil
	}
	want, err := work()
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if got, err := work(); err != nil || !slices.Equal(got, want) {
				t.Errorf("got other gradients than alone, or an error: %v", err)
			}
		})
	}
	wait.Wait()
}
