package datasets

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"

	"github.com/pkg/errors"
)

// Augmentation changes a sample at random, so that a network never sees the same one
// twice.
//
// [RandomCrop], [Flip], [Rotate], [Noise] and [Cutout] are augmentations. The samples are
// those that Read gives: after the normalisation.
type Augmentation interface {
	// Check returns an error unless the settings are sound for samples of a shape.
	Check(shape []int) error
	// Augment writes the changed sample src into dst, of the same length, which it does
	// not share memory with. The shape has passed Check. All randomness is from rng.
	Augment(dst, src []float32, shape []int, rng *rand.Rand)
}

// Augmenter applies augmentations in their order. Its zero value is not ready: make one
// with [NewAugmenter]. It is for one goroutine.
type Augmenter struct {
	steps   []Augmentation
	streams []uint64
	shape   []int
	scratch []float32
	source  *rand.PCG
	rng     *rand.Rand
}

// NewAugmenter returns an Augmenter of samples of a shape.
func NewAugmenter(seed uint64, shape []int, steps ...Augmentation) (*Augmenter, error) {
	size, err := checkShape("augmentation", shape)
	if err != nil {
		return nil, err
	}
	a := &Augmenter{steps: steps, shape: shape, scratch: make([]float32, size), source: rand.NewPCG(0, 0)}
	a.rng = rand.New(a.source)
	count := map[string]int{}
	for k, s := range steps {
		if s == nil {
			return nil, errors.Errorf("datasets: augmentation %d: got nil, want one such as Flip", k)
		}
		if err := s.Check(shape); err != nil {
			return nil, errors.WithMessagef(err, "datasets: augmentation %d", k)
		}
		name := reflect.TypeOf(s).String()
		a.streams = append(a.streams, splitSeed(seed, "augment", name, strconv.Itoa(count[name])))
		count[name]++
	}
	return a, nil
}

// Apply writes sample i, src, as epoch changes it, into dst, which may be src.
//
// The result is a function of the seed, the augmentations, the epoch, i and src alone:
// not of the order of samples, their batches, or what was applied before. Each
// augmentation has its own randomness, so that another kind before or after it changes
// nothing of its draws.
func (a *Augmenter) Apply(dst, src []float32, epoch, i int) {
	copy(dst, src)
	for k, s := range a.steps {
		a.source.Seed(a.streams[k], mix(mix(uint64(epoch))^uint64(i)))
		copy(a.scratch, dst)
		s.Augment(dst, a.scratch, a.shape, a.rng)
	}
}

// planes splits the shape of an image into channels, rows and columns.
func planes(shape []int) (channels, rows, columns int) {
	channels, rows, columns = 1, shape[0], shape[len(shape)-1]
	if len(shape) == 3 {
		channels, rows = shape[0], shape[1]
	}
	return channels, rows, columns
}

// checkImage refuses what is not an image, and a fill that does not fit it.
func checkImage(what string, shape []int, fill []float64) error {
	if len(shape) != 2 && len(shape) != 3 {
		return errors.Errorf("%s: shape of a sample, got %v, want [rows columns] or [channels rows columns]; give the data a Shape", what, shape)
	}
	channels, _, _ := planes(shape)
	if len(fill) > 1 && len(fill) != channels {
		return errors.Errorf("%s: Fill, got %d numbers, want none, 1 or %d, one a channel", what, len(fill), channels)
	}
	for _, v := range fill {
		if !finite(v) {
			return errors.Errorf("%s: Fill, got %g, want a finite number", what, v)
		}
	}
	return nil
}

// RandomCrop pads an image on every side and cuts out its own size at a random place,
// which shifts it by up to Padding pixels.
type RandomCrop struct {
	// Padding is in pixels. Zero is an error: there is no default; 4 is usual for 32 ×
	// 32.
	Padding int `json:"padding"`
	// Fill is the value of the padding, one a channel or one for all, after
	// normalisation. Empty means 0; black is −Mean/Std of the [Normalization].
	Fill []float64 `json:"fill,omitempty"`
}

// Check returns an error unless the settings are sound for samples of a shape.
func (c RandomCrop) Check(shape []int) error {
	if c.Padding < 1 || c.Padding > math.MaxInt16 {
		return errors.Errorf("random crop: Padding, got %d, want at least 1 pixel; there is no default, try 4", c.Padding)
	}
	return checkImage("random crop", shape, c.Fill)
}

// Augment writes the shifted sample into dst.
func (c RandomCrop) Augment(dst, src []float32, shape []int, rng *rand.Rand) {
	channels, rows, columns := planes(shape)
	down, right := rng.IntN(2*c.Padding+1)-c.Padding, rng.IntN(2*c.Padding+1)-c.Padding
	for k := range channels {
		fill := float32(entry(c.Fill, k, 0))
		for i := range rows {
			for j := range columns {
				v, y, x := fill, i-down, j-right
				if y >= 0 && y < rows && x >= 0 && x < columns {
					v = src[(k*rows+y)*columns+x]
				}
				dst[(k*rows+i)*columns+j] = v
			}
		}
	}
}

// Flip mirrors an image, left to right.
type Flip struct {
	// Vertical mirrors it top to bottom instead.
	Vertical bool `json:"vertical,omitempty"`
	// P is the probability of it. Zero means ½.
	P float64 `json:"p,omitempty"`
}

// Check returns an error unless the settings are sound for samples of a shape.
func (f Flip) Check(shape []int) error {
	if !(f.P >= 0 && f.P <= 1) {
		return errors.Errorf("flip: P, got %g, want 0 to 1 (0 means ½)", f.P)
	}
	return checkImage("flip", shape, nil)
}

// Augment writes the sample, mirrored or not, into dst.
func (f Flip) Augment(dst, src []float32, shape []int, rng *rand.Rand) {
	p := f.P
	if p == 0 {
		p = 0.5
	}
	copy(dst, src)
	if rng.Float64() >= p {
		return
	}
	channels, rows, columns := planes(shape)
	for k := range channels {
		for i := range rows {
			for j := range columns {
				y, x := i, columns-1-j
				if f.Vertical {
					y, x = rows-1-i, j
				}
				dst[(k*rows+i)*columns+j] = src[(k*rows+y)*columns+x]
			}
		}
	}
}

// Rotate turns an image about its centre by a random angle.
//
//	angle: uniform in ±Degrees      dst(p) = src(R(−angle)·(p − centre) + centre), bilinear
type Rotate struct {
	// Degrees is the greatest angle. Zero is an error: there is no default; try 10.
	Degrees float64 `json:"degrees"`
	// Fill is the value outside of the image, as in [RandomCrop].
	Fill []float64 `json:"fill,omitempty"`
}

// Check returns an error unless the settings are sound for samples of a shape.
func (r Rotate) Check(shape []int) error {
	if !(r.Degrees > 0 && r.Degrees <= 180) {
		return errors.Errorf("rotate: Degrees, got %g, want more than 0 and at most 180; there is no default, try 10", r.Degrees)
	}
	return checkImage("rotate", shape, r.Fill)
}

// Augment writes the turned sample into dst.
func (r Rotate) Augment(dst, src []float32, shape []int, rng *rand.Rand) {
	channels, rows, columns := planes(shape)
	sin, cos := math.Sincos((2*rng.Float64() - 1) * r.Degrees * math.Pi / 180)
	cy, cx := float64(rows-1)/2, float64(columns-1)/2
	for k := range channels {
		plane, fill := src[k*rows*columns:(k+1)*rows*columns], entry(r.Fill, k, 0)
		at := func(y, x int) float64 {
			if y < 0 || y >= rows || x < 0 || x >= columns {
				return fill
			}
			return float64(plane[y*columns+x])
		}
		for i := range rows {
			for j := range columns {
				dy, dx := float64(i)-cy, float64(j)-cx
				y, x := cos*dy-sin*dx+cy, sin*dy+cos*dx+cx
				top, left := math.Floor(y), math.Floor(x)
				a, b, t, l := y-top, x-left, int(top), int(left)
				v := (1-a)*((1-b)*at(t, l)+b*at(t, l+1)) + a*((1-b)*at(t+1, l)+b*at(t+1, l+1))
				dst[(k*rows+i)*columns+j] = float32(v)
			}
		}
	}
}

// Noise adds to every number of a sample, of any shape, an independent draw from N(0,
// Std²).
type Noise struct {
	// Std is the standard deviation, in units of the normalised sample. Zero is an error.
	Std float64 `json:"std"`
}

// Check returns an error unless the settings are sound.
func (n Noise) Check([]int) error {
	if !(n.Std > 0) || !finite(n.Std) {
		return errors.Errorf("noise: Std, got %g, want a positive number; there is no default, try 0.1", n.Std)
	}
	return nil
}

// Augment writes the noisy sample into dst.
func (n Noise) Augment(dst, src []float32, _ []int, rng *rand.Rand) {
	for i, v := range src {
		dst[i] = v + float32(n.Std*rng.NormFloat64())
	}
}

// Cutout covers a square of an image. Its centre is uniform over the pixels, so that part
// of it may lie outside.
//
// Source: T. DeVries, G. Taylor, Improved Regularization of Convolutional Neural Networks
// with Cutout (2017), arXiv:1708.04552.
type Cutout struct {
	// Side of the square in pixels. Zero is an error: there is no default; the paper has
	// 16 for CIFAR-10 and 8 for CIFAR-100.
	Side int `json:"side"`
	// Fill is the value of the square, as in [RandomCrop].
	Fill []float64 `json:"fill,omitempty"`
}

// Check returns an error unless the settings are sound for samples of a shape.
func (c Cutout) Check(shape []int) error {
	if c.Side < 1 || c.Side > math.MaxInt16 {
		return errors.Errorf("cutout: Side, got %d, want at least 1 pixel; there is no default, try a quarter of the image", c.Side)
	}
	return checkImage("cutout", shape, c.Fill)
}

// Augment writes the covered sample into dst.
func (c Cutout) Augment(dst, src []float32, shape []int, rng *rand.Rand) {
	channels, rows, columns := planes(shape)
	top, left := rng.IntN(rows)-c.Side/2, rng.IntN(columns)-c.Side/2
	copy(dst, src)
	for k := range channels {
		for i := max(0, top); i < min(rows, top+c.Side); i++ {
			for j := max(0, left); j < min(columns, left+c.Side); j++ {
				dst[(k*rows+i)*columns+j] = float32(entry(c.Fill, k, 0))
			}
		}
	}
}
