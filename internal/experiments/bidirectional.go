package experiments

import (
	"context"
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/sweep"
	"github.com/seed-be841da4/prospect/train"
)

// Directions are those in which the nodes of a network predict each other.
type Directions string

// The directions: from image to label, from label to image, and both, with
//
//	E = Σ_{l>0} ½‖x_l − V_l·f(x_{l−1})‖² + Generative·Σ_{l<L} ½‖x_l − W_l·f(x_{l+1})‖²
//
// where x_0 is the image and x_L the label, both without f.
const (
	Up       Directions = "up"
	Down     Directions = "down"
	BothWays Directions = "both"
)

// Bidirectional is predictive coding in one or both directions on images and labels.
//
// Source: Oliviers, Tang and Bogacz 2025, "Bidirectional predictive coding"
// (arXiv:2505.23415), and the program for it in a public library (experiments/bpc of
// thebuckleylab/jpc): two hidden nodes of 256, batch 64, Adam at rate 0.001. Differs:
// tanh, biases, steps of relaxation and the data are ours.
type Bidirectional struct {
	Directions Directions `json:"directions"`
	// Hidden is the size of each of two hidden nodes.
	Hidden int `json:"hidden"`
	// Generative is the coefficient of the predictions from label to image. It is 1 where
	// there are no others.
	Generative float64 `json:"generative"`
	// PerClass images of each class, all if it is negative, are learned in batches of Batch, Epochs times, at Rate
	// with Adam, after Steps of relaxation.
	PerClass int     `json:"per_class"`
	Batch    int     `json:"batch"`
	Epochs   int     `json:"epochs"`
	Steps    int     `json:"steps"`
	Rate     float64 `json:"rate"`
	// Tests is the number of test images, and TestSteps that of steps of relaxation.
	Tests     int `json:"tests"`
	TestSteps int `json:"test_steps"`
	// Missing are the fractions of pixels that are left out.
	Missing []float64 `json:"missing"`
}

// PublishedBidirectional returns the settings. Not found: the coefficient.
func PublishedBidirectional(d Directions, generative float64) Bidirectional {
	return Bidirectional{
		Directions: d, Hidden: 256, Generative: generative, PerClass: -1, Batch: 64, Epochs: 5, Steps: 20, Rate: 1e-3,
		Tests: 1000, TestSteps: 100, Missing: []float64{.5, .7, .9},
	}
}

// BidirectionalResult is what a network can do.
type BidirectionalResult struct {
	// Error is the fraction of test images that are classified wrongly.
	Error float64 `json:"error"`
	// Missing are those of images with missing pixels.
	Missing []float64 `json:"missing"`
	// Filled are the root mean square errors of the missing pixels themselves.
	Filled []float64 `json:"filled"`
	// Generated is the root mean square difference between what a label generates and the
	// mean training image of its class, over all pixels and classes.
	Generated float64 `json:"generated"`
}

// network declares the network. Predictions of the first direction are declared first: a
// feedforward pass takes those.
func (s Bidirectional) network(shape graph.Shape, classes int, upFirst bool, seed uint64) (*graph.Network, error) {
	names := []string{"x", "h1", "h2", "y"}
	sizes := []int{shape.Size(), s.Hidden, s.Hidden, classes}
	layer := func(from, to int) graph.Layer {
		dense := layers.Dense{Out: sizes[to]}
		if from == 0 || from == len(names)-1 {
			return dense
		}
		return layers.Sequential{layers.Tanh{}, dense}
	}
	var up, down []graph.Prediction
	for l := 1; l < len(names); l++ {
		up = append(up, graph.Prediction{Name: names[l] + "/up", Of: names[l], From: []string{names[l-1]}, Layer: layer(l-1, l)})
	}
	for l := len(names) - 2; l >= 0; l-- {
		p := graph.Prediction{Name: names[l] + "/down", Of: names[l], From: []string{names[l+1]}, Layer: layer(l+1, l)}
		if s.Directions == BothWays {
			p.Energy = energy.Gaussian{Precision: s.Generative}
		}
		down = append(down, p)
	}
	var all []graph.Prediction
	switch s.Directions {
	case Up:
		all = up
	case Down:
		all = down
	case BothWays:
		if all = append(up, down...); !upFirst {
			all = append(down, up...)
		}
	default:
		return nil, errors.Errorf("experiments: bidirectional: Directions, got %q, want up, down or both", s.Directions)
	}
	var nodes []graph.Node
	for l, name := range names {
		nodes = append(nodes, graph.Node{Name: name, Shape: graph.Shape{sizes[l]}})
	}
	return graph.New(graph.Declaration{Nodes: nodes, Predictions: all}, settings(graph.Float32, seed))
}

// Run learns and tests.
func (s Bidirectional) Run(ctx context.Context, data *datasets.Split, seed uint64) (BidirectionalResult, error) {
	var r BidirectionalResult
	training, err := Picking{}.pick(data.Train, s.PerClass, source(seed, "training images"))
	if err != nil {
		return r, err
	}
	shape := graph.Shape{datasets.SampleSize(training)}
	net, err := s.network(shape, training.Classes(), true, seed)
	if err != nil {
		return r, err
	}
	trainer := &train.Trainer{
		Network: net, Optimizer: &train.Adam{}, Rate: s.Rate, Epochs: s.Epochs,
		Rule: &train.Prospective{Relax: relax.Settings{Steps: s.Steps, Control: relax.Armijo{Initial: .5}}, Average: true},
	}
	src := &train.Labelled{Data: training, Settings: datasets.BatchSettings{Size: s.Batch, Shuffle: true}, Seed: seed}
	progress, updates := sweep.ProgressOf(ctx), s.Epochs*src.Steps()
	trainer.OnProgress(func(_ context.Context, t *train.Trainer, _ train.Stats) error {
		progress.Set(t.Progress.Updates, updates)
		return nil
	})
	if err := trainer.Fit(ctx, src); err != nil {
		return r, err
	}
	if r.Error, _, err = s.classify(ctx, net, data.Test, 0, seed); err != nil {
		return r, err
	}
	for _, missing := range s.Missing {
		wrong, filled, err := s.classify(ctx, net, data.Test, missing, seed)
		if err != nil {
			return r, err
		}
		r.Missing, r.Filled = append(r.Missing, wrong), append(r.Filled, filled)
	}
	r.Generated, err = s.generate(ctx, net, training, shape)
	progress.Set(updates, updates)
	return r, err
}

// relaxed relaxes a session from its feedforward state.
func (s Bidirectional) relaxed(ctx context.Context, session *graph.Session) error {
	if err := session.Initialize(graph.Start{}, nil); err != nil {
		return err
	}
	d, err := relax.NewDriver(session, relax.Settings{Steps: s.TestSteps, Control: relax.Armijo{Initial: .5}})
	if err != nil {
		return err
	}
	_, err = d.Run(ctx)
	return err
}

// classify returns the fraction of test images with a wrong label, and the error of the
// missing pixels, NaN if none is missing.
func (s Bidirectional) classify(ctx context.Context, net *graph.Network, test datasets.Dataset, missing float64, seed uint64) (wrong, filled float64, err error) {
	n, size := min(s.Tests, test.Len()), datasets.SampleSize(test)
	images, known := make([]float32, n*size), make([]bool, n*size)
	rng := source(seed, "missing pixels")
	for i := range n {
		test.Read(i, images[i*size:(i+1)*size])
	}
	for i := range known {
		known[i] = rng.Float64() >= missing
	}
	clamped := []string{"x"}
	if missing > 0 {
		clamped = nil
	}
	session, err := net.Session(n, graph.Roles{Clamped: clamped})
	if err != nil {
		return 0, 0, err
	}
	if missing > 0 {
		err = session.ClampUnits("x", images, known)
	} else {
		err = session.Clamp("x", images)
	}
	if err == nil {
		err = s.relaxed(ctx, session)
	}
	if err != nil {
		return 0, 0, err
	}
	y, err := session.Activity("y")
	if err != nil {
		return 0, 0, err
	}
	x, err := session.Activity("x")
	if err != nil {
		return 0, 0, err
	}
	classes := y.Len() / n
	for i := range n {
		best := 0
		for k := range classes {
			if y.At(i*classes+k) > y.At(i*classes+best) {
				best = k
			}
		}
		if best != test.Label(i) {
			wrong += 1 / float64(n)
		}
	}
	squares, count := 0.0, 0.0
	for i, k := range known {
		if !k {
			d := x.At(i) - float64(images[i])
			squares, count = squares+d*d, count+1
		}
	}
	return wrong, math.Sqrt(squares / count), nil
}

// generate returns how far what labels generate is from the mean images of the classes.
func (s Bidirectional) generate(ctx context.Context, net *graph.Network, training datasets.Dataset, shape graph.Shape) (float64, error) {
	classes, size := training.Classes(), shape.Size()
	means, counts, image := make([]float64, classes*size), make([]float64, classes), make([]float32, size)
	for i := range training.Len() {
		training.Read(i, image)
		k := training.Label(i)
		counts[k]++
		for j, v := range image {
			means[k*size+j] += float64(v)
		}
	}
	downFirst, err := s.network(shape, classes, false, 0)
	if err != nil {
		return 0, err
	}
	for _, p := range downFirst.Params() {
		from, err := net.Param(p.Name)
		if err != nil {
			return 0, err
		}
		if err := p.SetValues(from.Values()); err != nil {
			return 0, err
		}
	}
	session, err := downFirst.Session(classes, graph.Roles{Clamped: []string{"y"}})
	if err != nil {
		return 0, err
	}
	labels := make([]float32, classes*classes)
	for k := range classes {
		labels[k*classes+k] = 1
	}
	if err := session.Clamp("y", labels); err != nil {
		return 0, err
	}
	if err := s.relaxed(ctx, session); err != nil {
		return 0, err
	}
	x, err := session.Activity("x")
	if err != nil {
		return 0, err
	}
	squares := 0.0
	for i, m := range means {
		d := x.At(i) - m/counts[i/size]
		squares += d * d / float64(len(means))
	}
	return math.Sqrt(squares), nil
}
