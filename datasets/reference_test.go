package datasets

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// network is a multilayer perceptron with ReLU, softmax cross-entropy and Adam, in loops
// and matrix products only: the reference against which the difficulty of a dataset is
// measured. Without hidden layers it is multinomial logistic regression.
type network struct {
	sizes         []int
	w, g, m, v    []blas32.General // (in+1, out): the last row is the bias
	x             []blas32.General // (batch, size+1): the last column is 1
	delta         []blas32.General // (batch, size)
	steps         int
	learning      float64
	batch         int
	shuffle, init *rand.Rand
}

func newNetwork(batch int, learning float64, sizes ...int) *network {
	n := &network{sizes: sizes, learning: learning, batch: batch, shuffle: rand.New(rand.NewPCG(1, 2)), init: rand.New(rand.NewPCG(3, 4))}
	matrix := func(rows, cols int) blas32.General {
		return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: make([]float32, rows*cols)}
	}
	for k, size := range sizes {
		x := matrix(batch, size+1)
		for r := range batch {
			x.Data[r*x.Stride+size] = 1
		}
		n.x, n.delta = append(n.x, x), append(n.delta, matrix(batch, size))
		if k == 0 {
			continue
		}
		in := sizes[k-1]
		w := matrix(in+1, size)
		for i := range w.Data[:in*size] {
			w.Data[i] = float32(n.init.NormFloat64() * math.Sqrt(2/float64(in+size)))
		}
		n.w, n.g = append(n.w, w), append(n.g, matrix(in+1, size))
		n.m, n.v = append(n.m, matrix(in+1, size)), append(n.v, matrix(in+1, size))
	}
	return n
}

// forward leaves the logits, or after ReLU the activities, in n.x[1:].
func (n *network) forward(b Batch) {
	size := n.sizes[0]
	for r := range n.batch {
		if r < b.Size {
			copy(n.x[0].Data[r*(size+1):], b.X[r*size:(r+1)*size])
		}
	}
	for k, w := range n.w {
		out := n.x[k+1]
		out.Cols--
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, n.x[k], w, 0, out)
		if k == len(n.w)-1 {
			continue
		}
		for r := range n.batch {
			row := out.Data[r*out.Stride : r*out.Stride+out.Cols]
			for j, v := range row {
				row[j] = max(0, v)
			}
		}
	}
}

// step is one update on a whole batch.
func (n *network) step(b Batch) {
	n.forward(b)
	last := len(n.sizes) - 1
	for r := range n.batch {
		logits := n.logits(r)
		top, sum := slicesMax(logits), 0.
		for _, v := range logits {
			sum += math.Exp(float64(v - top))
		}
		for j, v := range logits {
			p := math.Exp(float64(v-top)) / sum
			if j == b.Labels[r] {
				p--
			}
			n.delta[last].Data[r*len(logits)+j] = float32(p) / float32(n.batch)
		}
	}
	for k := last - 1; k >= 0; k-- {
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, n.x[k], n.delta[k+1], 0, n.g[k])
		if k == 0 {
			break
		}
		w := n.w[k]
		w.Rows--
		blas32.Gemm(blas.NoTrans, blas.Trans, 1, n.delta[k+1], w, 0, n.delta[k])
		for r := range n.batch {
			for j := range n.sizes[k] {
				if n.x[k].Data[r*n.x[k].Stride+j] == 0 {
					n.delta[k].Data[r*n.sizes[k]+j] = 0
				}
			}
		}
	}
	n.adam()
}

func (n *network) adam() {
	n.steps++
	t := float64(n.steps)
	rate := float32(n.learning * math.Sqrt(1-math.Pow(0.999, t)) / (1 - math.Pow(0.9, t)))
	for k := range n.w {
		w, m, v := n.w[k].Data, n.m[k].Data, n.v[k].Data
		for i, g := range n.g[k].Data {
			m[i] += 0.1 * (g - m[i])
			v[i] += 0.001 * (g*g - v[i])
			w[i] -= rate * m[i] / (float32(math.Sqrt(float64(v[i]))) + 1e-8)
		}
	}
}

func (n *network) logits(r int) []float32 {
	out := n.x[len(n.x)-1]
	return out.Data[r*out.Stride : r*out.Stride+out.Cols-1]
}

func slicesMax(x []float32) float32 {
	top := x[0]
	for _, v := range x {
		top = max(top, v)
	}
	return top
}

// train runs epochs and returns the accuracy on test after each.
func (n *network) train(t testing.TB, split *Split, epochs int) []float64 {
	t.Helper()
	var accuracies []float64
	for range epochs {
		for b, err := range Batches(split.Train, BatchSettings{Size: n.batch, Shuffle: true, DropLast: true}, n.shuffle) {
			if err != nil {
				t.Fatal(err)
			}
			n.step(b)
		}
		right := 0
		for b, err := range Batches(split.Test, BatchSettings{Size: n.batch}, nil) {
			if err != nil {
				t.Fatal(err)
			}
			n.forward(b)
			for r, label := range b.Labels {
				best := 0
				for j, v := range n.logits(r) {
					if v > n.logits(r)[best] {
						best = j
					}
				}
				if best == label {
					right++
				}
			}
		}
		accuracies = append(accuracies, float64(right)/float64(split.Test.Len()))
	}
	return accuracies
}
