package datasets_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
)

// counting is a picture of the numbers 1, 2, ...
func counting(shape ...int) []float32 {
	size := 1
	for _, n := range shape {
		size *= n
	}
	x := make([]float32, size)
	for i := range x {
		x[i] = float32(i + 1)
	}
	return x
}

// augment changes a sample once.
func augment(a datasets.Augmentation, src []float32, shape []int, seed uint64) []float32 {
	dst := make([]float32, len(src))
	a.Augment(dst, src, shape, rand.New(rand.NewPCG(seed, 1)))
	return dst
}

// outcomes lists what an augmentation makes of a sample, and how often.
func outcomes(a datasets.Augmentation, src []float32, shape []int, times int) (all [][]float32, counts []int) {
	for seed := range uint64(times) {
		got := augment(a, src, shape, seed)
		k := slices.IndexFunc(all, func(x []float32) bool { return slices.Equal(x, got) })
		if k < 0 {
			k, all, counts = len(all), append(all, got), append(counts, 0)
		}
		counts[k]++
	}
	return all, counts
}

// Of 3 × 3 shifts each is as likely, and each plane is filled with its own value.
func TestRandomCrop(t *testing.T) {
	shape := []int{2, 2, 3}
	src := counting(shape...)
	all, counts := outcomes(datasets.RandomCrop{Padding: 1, Fill: []float64{-1, -2}}, src, shape, 3600)
	if len(all) != 9 {
		t.Fatalf("got %d pictures, want 3 × 3", len(all))
	}
	for k, n := range counts {
		if n < 400-95 || n > 400+95 { // 5 standard deviations
			t.Errorf("%v came %d times of 3600, want about 400", all[k], n)
		}
	}
	for _, want := range [][]float32{src, {-1, -1, -1, -1, 1, 2, -2, -2, -2, -2, 7, 8}, {5, 6, -1, -1, -1, -1, 11, 12, -2, -2, -2, -2}} {
		if !slices.ContainsFunc(all, func(x []float32) bool { return slices.Equal(x, want) }) {
			t.Errorf("got no %v among %v", want, all)
		}
	}
}

func TestFlip(t *testing.T) {
	shape := []int{2, 2, 2}
	src := counting(shape...)
	for _, c := range []struct {
		f    datasets.Flip
		want []float32
		p    float64
	}{
		{datasets.Flip{}, []float32{2, 1, 4, 3, 6, 5, 8, 7}, 0.5},
		{datasets.Flip{Vertical: true}, []float32{3, 4, 1, 2, 7, 8, 5, 6}, 0.5},
		{datasets.Flip{P: 0.1}, []float32{2, 1, 4, 3, 6, 5, 8, 7}, 0.1},
	} {
		all, counts := outcomes(c.f, src, shape, 1000)
		k := slices.IndexFunc(all, func(x []float32) bool { return slices.Equal(x, c.want) })
		if len(all) != 2 || k < 0 || !slices.Equal(all[1-k], src) {
			t.Fatalf("%+v: got %v, want the picture and %v", c.f, all, c.want)
		}
		if n := float64(counts[k]); math.Abs(n-1000*c.p) > 80 {
			t.Errorf("%+v: flipped %g times of 1000, want about %g", c.f, n, 1000*c.p)
		}
	}
}

// A turned picture of a plane a + b·row + c·column is a plane still; the values within
// the greatest circle are those of the turned coordinates.
func TestRotate(t *testing.T) {
	const side = 9
	shape := []int{side, side}
	src := make([]float32, side*side)
	for i := range src {
		src[i] = float32(3*(i/side-4) + 2*(i%side-4))
	}
	low, high := 0., 0.
	for seed := range uint64(300) {
		got := augment(datasets.Rotate{Degrees: 30}, src, shape, seed)
		// The gradients at the centre tell the angle.
		row, column := float64(got[5*side+4]), float64(got[4*side+5])
		sin, cos := (2*row-3*column)/13, (3*row+2*column)/13
		if math.Abs(sin*sin+cos*cos-1) > 1e-5 {
			t.Fatalf("gradients %g and %g: got no rotation", row, column)
		}
		angle := math.Asin(sin) * 180 / math.Pi
		low, high = min(low, angle), max(high, angle)
		for i := -2; i <= 2; i++ {
			for j := -2; j <= 2; j++ {
				if v, want := float64(got[(4+i)*side+4+j]), row*float64(i)+column*float64(j); math.Abs(v-want) > 1e-4 {
					t.Fatalf("pixel %d %d: got %g, want %g", i, j, v, want)
				}
			}
		}
	}
	if low < -30 || low > -28 || high > 30 || high < 28 {
		t.Errorf("angles from %g to %g, want about ±30", low, high)
	}
	ones := slices.Repeat([]float32{1}, side*side)
	if got := augment(datasets.Rotate{Degrees: 180, Fill: []float64{7}}, ones, shape, 3); got[0] <= 1 || got[40] != 1 {
		t.Errorf("corner and centre, got %g and %g, want some of the fill, and 1", got[0], got[40])
	}
}

func TestNoise(t *testing.T) {
	src := slices.Repeat([]float32{5}, 20000)
	got := augment(datasets.Noise{Std: 0.5}, src, []int{20000}, 1)
	sum, square := 0., 0.
	for _, v := range got {
		sum += float64(v) - 5
		square += (float64(v) - 5) * (float64(v) - 5)
	}
	if mean, std := sum/20000, math.Sqrt(square/20000); math.Abs(mean) > 0.02 || math.Abs(std-0.5) > 0.02 {
		t.Errorf("got mean %g and deviation %g, want 0 and 0.5", mean, std)
	}
}

// Every pixel is as likely the centre, and the square is cut off at the border.
func TestCutout(t *testing.T) {
	shape := []int{1, 3, 3}
	all, counts := outcomes(datasets.Cutout{Side: 3, Fill: []float64{-1}}, counting(shape...), shape, 2700)
	if len(all) != 9 {
		t.Fatalf("got %d pictures, want one for each centre", len(all))
	}
	for k, n := range counts {
		if n < 300-82 || n > 300+82 {
			t.Errorf("%v came %d times of 2700, want about 300", all[k], n)
		}
	}
	if !slices.ContainsFunc(all, func(x []float32) bool { return slices.Equal(x, []float32{-1, -1, 3, -1, -1, 6, 7, 8, 9}) }) {
		t.Errorf("got no square about the corner among %v", all)
	}
}

func TestAugmentationsReject(t *testing.T) {
	image, colour := []int{4, 4}, []int{3, 4, 4}
	for _, c := range []struct {
		a     datasets.Augmentation
		shape []int
		want  string
	}{
		{datasets.RandomCrop{}, image, "Padding, got 0, want at least 1 pixel; there is no default, try 4"},
		{datasets.RandomCrop{Padding: 1}, []int{16}, "got [16], want [rows columns]"},
		{datasets.RandomCrop{Padding: 1, Fill: []float64{1, 2}}, colour, "Fill, got 2 numbers, want none, 1 or 3"},
		{datasets.RandomCrop{Padding: 1, Fill: []float64{math.NaN()}}, image, "Fill, got NaN"},
		{datasets.Flip{P: 2}, image, "P, got 2"},
		{datasets.Flip{}, []int{1, 2, 3, 4}, "shape of a sample"},
		{datasets.Rotate{}, image, "Degrees, got 0"},
		{datasets.Rotate{Degrees: 181}, image, "Degrees, got 181"},
		{datasets.Noise{}, []int{4}, "Std, got 0"},
		{datasets.Noise{Std: math.Inf(1)}, []int{4}, "Std, got +Inf"},
		{datasets.Cutout{}, image, "Side, got 0"},
		{nil, image, "got nil"},
	} {
		_, err := datasets.NewAugmenter(1, c.shape, datasets.Noise{Std: 1}, c.a)
		wants(t, err, "datasets: augmentation 1: ", c.want)
	}
	_, err := datasets.NewAugmenter(1, nil)
	wants(t, err, "datasets: augmentation: shape, got none")
}

// What a sample becomes is a function of seed, epoch and place alone; each of these
// matters; and what one augmentation draws is not changed by another beside it.
func TestAugmenter(t *testing.T) {
	shape := []int{6, 6}
	src := counting(shape...)
	apply := func(seed uint64, epoch, i int, before int, steps ...datasets.Augmentation) []float32 {
		a, err := datasets.NewAugmenter(seed, shape, steps...)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]float32, len(src))
		for k := range before { // what was applied before does not matter
			a.Apply(dst, src, k, k)
		}
		a.Apply(dst, src, epoch, i)
		return dst
	}
	noise := datasets.Noise{Std: 1}
	want := apply(1, 2, 3, 0, noise)
	equal(t, "after others", apply(1, 2, 3, 5, noise), want)
	for _, other := range [][]float32{apply(2, 2, 3, 0, noise), apply(1, 3, 3, 0, noise), apply(1, 2, 4, 0, noise), apply(1, 3, 2, 0, noise)} {
		if slices.Equal(other, want) {
			t.Error("another seed, epoch or place gave the same noise")
		}
	}
	both := apply(1, 2, 3, 0, noise, datasets.Flip{P: 1})
	equal(t, "a flip after the noise", both, augment(datasets.Flip{P: 1}, want, shape, 0))
	first := apply(1, 2, 3, 0, datasets.Flip{P: 1}, noise)
	flipped := augment(datasets.Flip{P: 1}, src, shape, 0)
	for i := range first {
		if d := (first[i] - flipped[i]) - (want[i] - src[i]); d > 1e-5 || d < -1e-5 {
			t.Fatalf("pixel %d: the noise changed by %g with a flip before it", i, d)
		}
	}
	twice := apply(1, 2, 3, 0, noise, noise)
	if d := (twice[0] - want[0]) - (want[0] - src[0]); d < 1e-5 && d > -1e-5 {
		t.Error("two augmentations of a kind drew the same")
	}
	// The bits are pinned: a resumed run of another build sees the same.
	a, err := datasets.NewAugmenter(7, []int{2, 2}, datasets.RandomCrop{Padding: 1}, datasets.Flip{}, datasets.Cutout{Side: 1, Fill: []float64{9}})
	if err != nil {
		t.Fatal(err)
	}
	var got []float32
	x := make([]float32, 4)
	for i := range 4 {
		copy(x, []float32{1, 2, 3, 4})
		a.Apply(x, x, 1, i) // in place
		got = append(got, x...)
	}
	equal(t, "pinned", got, []float32{9, 3, 0, 0, 0, 0, 9, 1, 9, 0, 4, 0, 9, 0, 1, 0})
}
