package reproduce

import (
	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
)

// tester measures the test error of a network as the paper does: the unweighted
// mean over test batches of the fraction of wrong samples.
//
// It clamps the test set once and predicts all of it in one pass.
type tester struct {
	session *graph.Session
	labels  []int
	// batch is the size of a test batch.
	batch int
	// classes is the number of outputs.
	classes int
}

// newTester returns a tester of node y of a network on a data set that is clamped
// to node x.
func newTester(net *graph.Network, d datasets.Dataset, batch int) (*tester, error) {
	var outputs []string
	for _, n := range net.Declaration().Nodes {
		if n.Name != "x" {
			outputs = append(outputs, n.Name)
		}
	}
	session, err := net.Session(d.Len(), graph.Roles{Clamped: []string{"x"}, Outputs: outputs})
	if err != nil {
		return nil, err
	}
	t := &tester{session: session, batch: batch, labels: make([]int, d.Len())}
	y, err := session.Activity("y")
	if err != nil {
		return nil, err
	}
	t.classes = y.Len() / d.Len()
	return t, t.use(d)
}

// use replaces the test set by another of the same size.
func (t *tester) use(d datasets.Dataset) error {
	size := datasets.SampleSize(d)
	x := make([]float32, d.Len()*size)
	for i := range t.labels {
		d.Read(i, x[i*size:(i+1)*size])
		t.labels[i] = d.Label(i)
	}
	return t.session.Clamp("x", x)
}

// relabel maps the labels.
func (t *tester) relabel(d datasets.Dataset, to func(label int) int) {
	for i := range t.labels {
		t.labels[i] = to(d.Label(i))
	}
}

// error returns the test error.
func (t *tester) error() (float64, error) {
	if err := t.session.Feedforward(); err != nil {
		return 0, err
	}
	v, err := t.session.Activity("y")
	if err != nil {
		return 0, err
	}
	return batchError(v.Float32(), t.labels, t.classes, t.batch), nil
}

// batchError is the mean over batches of the fraction of rows whose label is not
// their single largest number, so that a tie and a NaN are wrong. The last batch
// counts like the others even if it is smaller.
//
//	y: (len(labels), classes)
func batchError(y []float32, labels []int, classes, batch int) float64 {
	sum, batches := 0.0, 0
	for start := 0; start < len(labels); start += batch {
		end := min(start+batch, len(labels))
		wrong := 0
		for i := start; i < end; i++ {
			if !isLargest(y[i*classes:(i+1)*classes], labels[i]) {
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
