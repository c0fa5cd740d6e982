package experiments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
)

// The pupils of an ensemble learn what single pupils learn, bit for bit, and one that
// diverges leaves without a trace in the others.
func TestClassIsItsPupils(t *testing.T) {
	const members, trials = 19, 12
	for _, rule := range []Rule{PC, BP} {
		learning := Learning{Rule: rule, Rate: .1, Gamma: .1, Discount: .9, Steps: 16}
		build := func() (*graph.Network, error) { return graph.New(pathways(2), settings(graph.Float32, 0)) }
		var outputs [2][]float64
		var left [2][]int
		for k, make := range []func(int, Learning, int, func() (*graph.Network, error), ...string) (*class, error){newClass, newSingles} {
			c, err := make(members, learning, 1, build, "x1", "x2")
			ok(t, err)
			for m := range members {
				rate := .01 * float64(m)
				if m == 5 {
					rate = 1e20
				}
				ok(t, c.rates(m, rate, rate, 0, rate))
				ok(t, c.drawNormal(m, .5, source(uint64(m), "weights")))
			}
			for trial := range trials {
				for m := range members {
					x := float64((trial + m) % 3)
					ok(t, errors.Join(c.set(m, "x1", x), c.set(m, "x2", 1-x), c.set(m, "y", x/2, -x)))
				}
				ok(t, c.predict())
				for m := range members {
					y, err := c.output(m)
					ok(t, err)
					if c.err(m) == nil {
						outputs[k] = y.AppendTo(outputs[k])
					}
				}
				ok(t, c.learn(context.Background()))
			}
			for m := range members {
				if IsDivergence(c.err(m)) {
					left[k] = append(left[k], m)
				}
			}
		}
		if !slices.Equal(outputs[0], outputs[1]) {
			t.Errorf("%s: outputs, got\n%v, want\n%v", rule, outputs[0], outputs[1])
		}
		if got, want := fmt.Sprint(left), "[[5] [5]]"; got != want {
			t.Errorf("%s: who left, got %s, want %s", rule, got, want)
		}
	}
}

// Simulations give what they give alone, whatever runs with them.
func TestTogetherIsAlone(t *testing.T) {
	var all []Sensorimotor
	var seeds []uint64
	for i := range 5 {
		s := PublishedSensorimotor(PC, .1, .1/float64(i+1), .05*float64(i))
		s.Steps = 6
		all, seeds = append(all, s), append(seeds, uint64(i))
	}
	together, err := RunSensorimotor(context.Background(), all, seeds)
	ok(t, err)
	for i := range all {
		alone, err := RunSensorimotor(context.Background(), all[i:i+1], seeds[i:i+1])
		ok(t, err)
		if alone[0] != together[i] {
			t.Errorf("simulation %d: got %v, want %v", i, together[i], alone[0])
		}
	}
	all[1].Steps++
	if _, err := RunSensorimotor(context.Background(), all, seeds); err == nil {
		t.Error("simulations that learn in different ways: got no error")
	}
}

// So do deep nets, whosever random numbers they draw, at rates of their own.
func TestAlignmentsAreAlone(t *testing.T) {
	for _, s := range []Alignment{PublishedAlignment(PC, 3), PublishedAlignment(BP, 2), PublishedAlignment(TP, 2)} {
		s.Steps, s.Width, s.Batch = 9, 7, 3
		for _, s.Draws = range []Draws{Own, Torch} {
			var all []Alignment
			var seeds []uint64
			for i := range 5 {
				s.Rate *= 1.5
				all, seeds = append(all, s), append(seeds, uint64(3+i))
			}
			together, err := RunAlignments(context.Background(), all, seeds)
			ok(t, err)
			for i, seed := range seeds {
				alone, err := all[i].Run(context.Background(), seed)
				ok(t, err)
				if together[i].Err != nil || together[i].Result != alone {
					t.Errorf("%s, seed %d: got %v, want %v", s.Rule, seed, together[i], alone)
				}
			}
			all[1].Depth++
			if _, err := RunAlignments(context.Background(), all, seeds); err == nil {
				t.Error("nets of two depths: got no error")
			}
		}
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
