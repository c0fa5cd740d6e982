package rl

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// The running statistics are those of all observations, of the population.
func TestNormalizer(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	z := newNormalizer(2)
	var seen [][]float64
	dst := make([]float32, 2)
	for n := range 50 {
		o := []float64{5 + 2*rng.NormFloat64(), -3 * rng.Float64()}
		seen = append(seen, o)
		z.observe(o)
		z.write(dst, o)
		for i := range o {
			mean, square := 0.0, 0.0
			for _, s := range seen {
				mean += s[i] / float64(n+1)
			}
			for _, s := range seen {
				square += (s[i] - mean) * (s[i] - mean) / float64(n+1)
			}
			want := 0.0 // the first observation is its own mean
			if n > 0 {
				want = (o[i] - mean) / math.Sqrt(square)
			}
			if math.Abs(float64(dst[i])-want) > 1e-5 {
				t.Fatalf("observation %d: got %v, want %v", n, dst[i], want)
			}
		}
	}
	constant := newNormalizer(2)
	for _, o := range [][]float64{{1, 7}, {3, 7}} {
		constant.observe(o)
		constant.write(dst, o)
	}
	if !slices.Equal(dst, []float32{1, 0}) {
		t.Errorf("with a number that never varies: got %v, want the distance from the mean, [1 0]", dst)
	}
}

// ramp has the observations 1, 2, 4, 8 and ends.
type ramp struct{}

func (ramp) Space() (int, int) { return 1, 1 }

func (ramp) Reset(_ *rand.Rand, o []float64) { o[0] = 1 }

func (ramp) Step(_ int, o []float64) (float64, bool) {
	o[0] *= 2
	return 0, o[0] == 8
}

// A next observation is normalised by what was observed before it, an observation with
// itself; the last one of an episode is not observed.
func TestEpisodeNormalizes(t *testing.T) {
	a, err := newAgent(ramp{}, banditSettings(), &train.Backprop{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := a.episode(0); err != nil {
			t.Fatal(err)
		}
	}
	scaled := func(x float64, seen ...float64) float32 {
		mean, square := 0.0, 0.0
		for _, s := range seen {
			mean += s / float64(len(seen))
		}
		for _, s := range seen {
			square += (s - mean) * (s - mean) / float64(len(seen))
		}
		if square == 0 {
			square = 1
		}
		return float32((x - mean) / math.Sqrt(square))
	}
	want := [][2]float32{
		{scaled(1, 1), scaled(2, 1)},
		{scaled(2, 1, 2), scaled(4, 1, 2)},
		{scaled(4, 1, 2, 4), scaled(8, 1, 2, 4)},
		{scaled(1, 1, 2, 4, 1), scaled(2, 1, 2, 4, 1)},
		{scaled(2, 1, 2, 4, 1, 2), scaled(4, 1, 2, 4, 1, 2)},
		{scaled(4, 1, 2, 4, 1, 2, 4), scaled(8, 1, 2, 4, 1, 2, 4)},
	}
	if a.memory.count != len(want) {
		t.Fatalf("got %d transitions, want %d", a.memory.count, len(want))
	}
	for i, w := range want {
		if got := [2]float32{a.memory.before[i], a.memory.then[i]}; math.Abs(float64(got[0]-w[0])) > 1e-6 || math.Abs(float64(got[1]-w[1])) > 1e-6 {
			t.Errorf("transition %d: got %v, want %v", i, got, w)
		}
	}
}

// The memory keeps the last transitions, and draws each at most once.
func TestReplay(t *testing.T) {
	r := newReplay(5, 1)
	for i := range 7 {
		r.add([]float32{float32(i)}, i, float64(i), []float32{float32(i + 1)}, i == 6)
	}
	drawn := slices.Clone(r.draw(rand.New(rand.NewPCG(1, 1)), 5))
	var actions []int32
	for _, i := range drawn {
		if a := r.actions[i]; r.before[i] != float32(a) || r.then[i] != float32(a+1) || r.rewards[i] != float32(a) || r.done[i] != (a == 6) {
			t.Errorf("transition %d is mixed up", a)
		}
		actions = append(actions, r.actions[i])
	}
	slices.Sort(actions)
	if !slices.Equal(actions, []int32{2, 3, 4, 5, 6}) {
		t.Errorf("drew %v, want the last five, each once", actions)
	}
}

// bandit has one state; the action 1 is worth 1, the others nothing.
type bandit struct{ steps int }

func (*bandit) Space() (int, int) { return 1, 3 }

func (b *bandit) Reset(rng *rand.Rand, o []float64) { b.steps, o[0] = 0, rng.Float64() }

func (b *bandit) Step(action int, o []float64) (float64, bool) {
	b.steps++
	if action == 1 {
		return 1, b.steps == 10
	}
	return 0, b.steps == 10
}

func banditSettings() Settings {
	s := Published(.01)
	s.Hidden, s.Episodes, s.LearnFrom, s.Batch = []int{8}, 300, 60, 20
	s.EpsilonStart, s.EpsilonFall = .5, .5/100
	return s
}

func rules() map[string]func() train.Rule {
	return map[string]func() train.Rule{
		"pc": func() train.Rule {
			return &train.Prospective{Relax: relax.Settings{Steps: 32, Control: relax.Constant{Size: .05}, SkipFinal: true}, State: train.BeforeLast}
		},
		"bp": func() train.Rule { return &train.Backprop{} },
	}
}

// Both rules learn a bandit, which wants no foresight, and the same seed gives the
// same run.
func TestAgentLearns(t *testing.T) {
	s := banditSettings()
	s.Discount, s.Rate = 0, .05
	for name, rule := range rules() {
		var runs []Result
		for range 2 {
			r, err := Run(context.Background(), &bandit{}, s, rule(), 3, nil)
			if err != nil {
				t.Fatal(err)
			}
			runs = append(runs, r)
		}
		if !slices.Equal(runs[0].Rewards, runs[1].Rewards) {
			t.Errorf("%s: two runs of one seed differ", name)
		}
		smooth := runs[0].Smoothed(20)
		if last := smooth[len(smooth)-1]; last < 9.5 {
			t.Errorf("%s: reward %.1f of the last episodes, want nearly 10", name, last)
		}
	}
}

// The targets are r + γ·max Q(s′) of the network of now, nothing after the end,
// and only the action that was taken is learned.
func TestTargets(t *testing.T) {
	s := banditSettings()
	s.Batch, s.LearnFrom = 4, 4
	a, err := newAgent(&bandit{}, s, &train.Backprop{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		a.memory.add([]float32{float32(i)}, i%3, float64(i), []float32{float32(i) / 2}, i == 3)
	}
	if err := a.fill(); err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		i := int(a.batch.Values["x"][n]) // the observation names the transition
		want := float32(i)
		if i != 3 {
			q, err := a.acting.of([]float32{float32(i) / 2})
			if err != nil {
				t.Fatal(err)
			}
			want += .98 * slices.Max(q)
		}
		for action := range 3 {
			y, mask := a.batch.Values["y"][3*n+action], a.batch.Values["mask"][3*n+action]
			if taken := action == i%3; taken && (mask != 1 || math.Abs(float64(y-want)) > 1e-6) || !taken && mask != 0 {
				t.Errorf("transition %d, action %d: target %v with mask %v, want %v at action %d alone", i, action, y, mask, want, i%3)
			}
		}
	}
}

// A run that diverges goes on with the first action and says so.
func TestDivergence(t *testing.T) {
	s := banditSettings()
	s.Rate, s.Discount = 1e6, 5
	r, err := Run(context.Background(), &bandit{}, s, &train.Backprop{}, 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Diverged == 0 || len(r.Rewards) != s.Episodes {
		t.Fatalf("diverged at %d after %d episodes, want all %d and a divergence", r.Diverged, len(r.Rewards), s.Episodes)
	}
	if last := r.Smoothed(50)[s.Episodes-1]; last > 3 {
		t.Errorf("reward %.1f after the divergence, want that of the first action and chance", last)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	s := banditSettings()
	s.Batch = 0
	if _, err := Run(context.Background(), &bandit{}, s, &train.Backprop{}, 3, nil); err == nil {
		t.Error("want an error for a batch of nothing")
	}
}

func TestSmoothed(t *testing.T) {
	if got := (Result{Rewards: []float64{1, 3, 5, 7}}).Smoothed(2); !slices.Equal(got, []float64{1, 2, 4, 6}) {
		t.Errorf("got %v, want [1 2 4 6]", got)
	}
}
