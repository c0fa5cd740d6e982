package run

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/datasets"
)

// What a crop or a turn brings in is black, which depends on the range of the pixels, and
// the square of a cutout is grey, as in its paper; a fill that is asked for stays.
func TestFillIsBlack(t *testing.T) {
	s := Defaults()
	s.Data, s.Pixels, s.Augment = "mnist", StandardPixels, "crop:4,rotate:10,cutout:8,crop(2,fill=1)"
	mean, std := 0.1307, 0.3081
	black := []float64{-mean / std}
	for _, pixels := range []Pixels{StandardPixels, UnitPixels} {
		if s.Pixels = pixels; pixels == UnitPixels {
			black = nil // which is 0
		}
		got, err := s.augmentations()
		want := []datasets.Augmentation{
			datasets.RandomCrop{Padding: 4, Fill: black}, datasets.Rotate{Degrees: 10, Fill: black},
			datasets.Cutout{Side: 8}, datasets.RandomCrop{Padding: 2, Fill: []float64{1}},
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", pixels, err, diff)
		}
	}
}
