package baselines_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/baselines"
)

// By hand: P = 4·1 + 1 = 5, K = 5·3/(9·5 + 2) = 15/47, P = 5·2/47.
func TestKalmanByHand(t *testing.T) {
	one := func(x float64) *mat.Dense { return mat.NewDense(1, 1, []float64{x}) }
	k := &baselines.Kalman{A: one(2), C: one(3), Q: one(1), R: one(2), Mean: mat.NewVecDense(1, []float64{1}), Covariance: one(1)}
	if err := k.Predict(mat.NewVecDense(1, []float64{0.5})); err != nil {
		t.Fatal(err)
	}
	if x, p := k.Mean.AtVec(0), k.Covariance.At(0, 0); x != 2.5 || p != 5 {
		t.Errorf("predicted, got %v and %v, want 2.5 and 5", x, p)
	}
	if err := k.Update(mat.NewVecDense(1, []float64{10})); err != nil {
		t.Fatal(err)
	}
	if x, p := k.Mean.AtVec(0), k.Covariance.At(0, 0); math.Abs(x-(2.5+15./47*2.5)) > 1e-14 || math.Abs(p-10./47) > 1e-14 {
		t.Errorf("updated, got %v and %v", x, p)
	}
}

// After many steps the predicted covariance solves the Riccati equation
// P = A·(P − P·Cᵀ·(C·P·Cᵀ+R)⁻¹·C·P)·Aᵀ + Q, and a step without observation widens it.
func TestKalmanRiccati(t *testing.T) {
	a := mat.NewDense(2, 2, []float64{1, 0.5, -0.2, 0.9})
	c := mat.NewDense(1, 2, []float64{1, 0.3})
	q, r := mat.NewDense(2, 2, []float64{0.3, 0.1, 0.1, 0.2}), mat.NewDense(1, 1, []float64{0.5})
	k := &baselines.Kalman{A: a, C: c, Q: q, R: r, Mean: mat.NewVecDense(2, nil), Covariance: mat.NewDense(2, 2, []float64{1, 0, 0, 1})}
	for range 300 {
		if err := k.Predict(nil); err != nil {
			t.Fatal(err)
		}
		if err := k.Update(mat.NewVecDense(1, []float64{1})); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Predict(nil); err != nil {
		t.Fatal(err)
	}
	p := mat.DenseCopyOf(k.Covariance)
	var s, inverse, lost, right mat.Dense
	s.Product(c, p, c.T())
	s.Add(&s, r)
	if err := inverse.Inverse(&s); err != nil {
		t.Fatal(err)
	}
	lost.Product(p, c.T(), &inverse, c, p)
	lost.Sub(p, &lost)
	right.Product(a, &lost, a.T())
	right.Add(&right, q)
	if !mat.EqualApprox(p, &right, 1e-12) {
		t.Errorf("got P = %v, want %v", mat.Formatted(p), mat.Formatted(&right))
	}
	if err := k.Predict(nil); err != nil {
		t.Fatal(err)
	}
	if mat.Trace(k.Covariance) <= mat.Trace(p) {
		t.Error("a step without observation does not widen the estimate")
	}
}

func TestKalmanErrors(t *testing.T) {
	one := mat.NewDense(1, 1, []float64{1})
	x := mat.NewVecDense(1, nil)
	if (&baselines.Kalman{A: one}).Predict(nil) == nil {
		t.Error("without C: got no error")
	}
	if (&baselines.Kalman{A: mat.NewDense(2, 2, nil), C: one, Q: one, R: one, Mean: x, Covariance: one}).Predict(nil) == nil {
		t.Error("A too large: got no error")
	}
	k := &baselines.Kalman{A: one, C: one, Q: one, R: one, Mean: x, Covariance: one}
	if k.Update(nil) == nil || k.Update(mat.NewVecDense(2, nil)) == nil || k.Predict(mat.NewVecDense(2, nil)) == nil {
		t.Error("vectors of a wrong size: got no error")
	}
	zero := mat.NewDense(1, 1, nil)
	k.R, k.Covariance = zero, zero
	if k.Update(x) == nil {
		t.Error("no noise at all: got no error")
	}
}

func ExampleKalman() {
	one := func(x float64) *mat.Dense { return mat.NewDense(1, 1, []float64{x}) }
	k := &baselines.Kalman{A: one(1), C: one(1), Q: one(1), R: one(1), Mean: mat.NewVecDense(1, nil), Covariance: one(0)}
	if err := k.Predict(nil); err != nil {
		panic(err)
	}
	if err := k.Update(mat.NewVecDense(1, []float64{4})); err != nil {
		panic(err)
	}
	fmt.Println(k.Mean.AtVec(0), k.Covariance.At(0, 0))
	// Output: 2 0.5
}
