package experiments

import (
	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
)

// tester measures the test error of a network as the paper does: the unweighted
// mean over test batches of the fraction of wrong samples.
//
// It predicts as many samples at a time as fit well into memory, for a small
// network all, whose test set is then clamped once.
type tester struct {
	chunks []chunk
	x      []float32 // (samples, size)
	size   int
	labels []int
	y      []float32 // (samples, classes)
	// batch is the size of a test batch.
	batch int
	// classes is the number of outputs.
	classes int
}

// chunk is a stretch of the test set. Chunks of one size share a session.
type chunk struct {
	session  *graph.Session
	from, to int
}

// testerNumbers is about how many activities a session of a tester holds.
const testerNumbers = 50e6

// newTester returns a tester of node y of a network on a data set that is clamped
// to node x.
func newTester(net *graph.Network, d datasets.Dataset, batch int) (*tester, error) {
	units := 0
	for _, n := range net.Declaration().Nodes {
		units += n.Shape.Size()
	}
	y, err := net.Node("y")
	if err != nil {
		return nil, err
	}
	t := &tester{batch: batch, labels: make([]int, d.Len()), classes: y.Shape.Size(), size: datasets.SampleSize(d)}
	t.x, t.y = make([]float32, d.Len()*t.size), make([]float32, d.Len()*t.classes)
	sessions := map[int]*graph.Session{}
	most := max(1, testerNumbers/units)
	for from := 0; from < d.Len(); from += most {
		to := min(from+most, d.Len())
		s, ok := sessions[to-from]
		if !ok {
			if s, err = net.ForwardSession(to-from, []string{"x"}, "y"); err != nil {
				return nil, err
			}
			sessions[to-from] = s
		}
		t.chunks = append(t.chunks, chunk{s, from, to})
	}
	return t, t.use(d)
}

// use replaces the test set by another of the same size.
func (t *tester) use(d datasets.Dataset) error {
	for i := range t.labels {
		d.Read(i, t.x[i*t.size:(i+1)*t.size])
		t.labels[i] = d.Label(i)
	}
	if len(t.chunks) > 1 {
		return nil // clamped at each test
	}
	return t.chunks[0].session.Clamp("x", t.x)
}

// error returns the test error. The order, if there is one, is that in which the samples
// fill the test batches.
func (t *tester) error(order []int) (float64, error) {
	for _, c := range t.chunks {
		if len(t.chunks) > 1 {
			if err := c.session.Clamp("x", t.x[c.from*t.size:c.to*t.size]); err != nil {
				return 0, err
			}
		}
		if err := c.session.Feedforward(); err != nil {
			return 0, err
		}
		y, err := c.session.Activity("y")
		if err != nil {
			return 0, err
		}
		copy(t.y[c.from*t.classes:], y.Float32())
	}
	return batchError(t.y, t.labels, order, t.classes, t.batch), nil
}

// batchError is the mean over batches of the fraction of rows whose label is not
// their single largest number, so that a tie and a NaN are wrong. The last batch
// counts like the others even if it is smaller. A nil order is the rows'.
//
//	y: (len(labels), classes)
func batchError(y []float32, labels, order []int, classes, batch int) float64 {
	sum, batches := 0.0, 0
	for start := 0; start < len(labels); start += batch {
		end := min(start+batch, len(labels))
		wrong := 0
		for i := start; i < end; i++ {
			row := i
			if order != nil {
				row = order[i]
			}
			if !isLargest(y[row*classes:(row+1)*classes], labels[row]) {
				wrong++
			}
		}
		sum += float64(wrong) / float64(end-start)
		batches++
	}
	return sum / float64(batches)
}

// isLargest reports whether y[label] is larger than every other number.
func isLargest(y []float32, label int) bool {
	top := y[label]
	for i, v := range y {
		if i != label && !(v < top) {
			return false
		}
	}
	return top == top
}
