package run

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/tensorboard"
	"github.com/seed-be841da4/prospect/train"
)

// TensorBoardDir is the folder of event files in a run directory.
const TensorBoardDir = "tensorboard"

// TensorBoard is an [Observer] that writes event files for TensorBoard into the folder
// TensorBoardDir of the run directory. The step is the number of the epoch:
//
//   - scalars of every epoch: what metrics.jsonl has
//   - histograms and images of at most about 50 epochs, the last among them: weights,
//     the activities of 64 test samples before and after their relaxation, and the
//     weights beside a node that holds pictures, as pictures
//   - once, test samples as pictures, and the settings as text
//
// A job that is no [Run] has scalars and histograms of weights. A run that goes on from a
// checkpoint goes on in a new file, in which TensorBoard finds that what earlier files
// hold of later epochs is void. It changes no bit of the training.
type TensorBoard struct {
	view   *View
	writer *tensorboard.Writer
	batch  *train.Batch // of the relaxations
}

// histogramEpochs is about the number of epochs with histograms, drawnSamples that of the
// samples that are relaxed, drawnPictures that of pictures at most.
const (
	histogramEpochs = 50
	drawnSamples    = 64
	drawnPictures   = 64
)

// View implements [Viewer].
func (b *TensorBoard) View(v *View) error {
	b.view = v
	return nil
}

// Start implements [Observer].
func (b *TensorBoard) Start(int, int) error {
	if b.view == nil {
		return errors.New("run: tensorboard: wants to be the observer of a run or a job, or among its Observers")
	}
	first := b.view.Trainer.Progress.Epoch + 1
	if b.view.Trainer.Progress.Updates == 0 {
		first = 0
	}
	var err error
	if b.writer, err = tensorboard.Create(filepath.Join(b.view.Dir, TensorBoardDir), first); err != nil {
		return err
	}
	if b.view.Manifest == nil {
		return nil
	}
	if b.batch, err = b.view.Samples(drawnSamples); err != nil || first > 0 {
		return err
	}
	return b.once()
}

// once writes what does not change.
func (b *TensorBoard) once() error {
	text, err := json.MarshalIndent(b.view.Manifest.Settings, "    ", "  ")
	if err != nil {
		return errors.Wrap(err, "run: tensorboard")
	}
	if err := b.writer.Text("settings", 0, "    "+string(text)); err != nil {
		return err
	}
	x := relax.Float32(b.batch.Values[b.view.Net.Sample[0]]).AppendTo(nil)
	draw, ok := b.view.Manifest.Settings.Pictures(x)
	if !ok {
		return nil
	}
	picture, err := draw.Draw(x, datasets.PictureSettings{})
	if err != nil {
		return err
	}
	return b.writer.Image("pictures/samples", 0, picture)
}

// Update implements [Observer].
func (b *TensorBoard) Update(train.Progress) error { return nil }

// Epoch implements [Observer].
func (b *TensorBoard) Epoch(e Epoch) error {
	for _, x := range e.Scalars() {
		if err := b.writer.Scalar(x.Name, e.Epoch, x.Value); err != nil {
			return err
		}
	}
	if every := (e.Epochs + histogramEpochs - 1) / histogramEpochs; e.Epoch%every != 0 && e.Epoch != e.Epochs {
		return nil
	}
	if err := b.writer.Weights(e.Epoch, b.view.Trainer.Network.Params()); err != nil {
		return err
	}
	if b.view.Manifest == nil {
		return nil
	}
	if err := b.activities(e.Epoch); err != nil {
		return err
	}
	return b.pictures(e.Epoch)
}

// activities writes histograms of the activities of test samples.
func (b *TensorBoard) activities(step int) error {
	r, err := b.view.Relax(context.Background(), b.batch, 2)
	if errors.Is(err, relax.ErrDiverged) {
		return nil // the training will tell
	}
	if err != nil {
		return err
	}
	for _, n := range r.Nodes {
		if n.Clamped {
			continue
		}
		for _, h := range []struct {
			group string
			x     []float64
		}{{"feedforward/", n.Values[0]}, {"relaxed/", n.Values[len(n.Values)-1]}} {
			if slices.ContainsFunc(h.x, func(v float64) bool { return !isFinite(v) }) {
				continue // a histogram has no place for it
			}
			if err := b.writer.Histogram(h.group+n.Name, step, h.x); err != nil {
				return err
			}
		}
	}
	return nil
}

// pictures draws the weights between a node that holds pictures and at most 64 units of
// another, or the kernels of a convolution.
func (b *TensorBoard) pictures(step int) error {
	s, net := &b.view.Manifest.Settings, b.view.Net
	sizes, err := s.sizes()
	if err != nil {
		return err
	}
	for _, p := range net.Declaration().Predictions {
		reads := len(p.From) == 1 && slices.Contains(net.Sample, p.From[0])
		if !reads && !slices.Contains(net.Sample, p.Of) {
			continue
		}
		for _, w := range net.Params() {
			if w.Owner != p.Name {
				continue
			}
			units, shape, at := weightLayout(w.Value.Shape(), sizes, reads)
			if units == 0 || !isPicture(shape) {
				continue
			}
			picture, err := weightPictures(w.Values(), min(units, drawnPictures), shape, at)
			if err != nil {
				return err
			}
			return b.writer.Image("pictures/"+w.Name, step, picture)
		}
	}
	return nil
}

// weightLayout says how many pictures there are in a parameter beside the samples, their
// shape and the place of a pixel: in a matrix from or to the samples, or the kernels
// (out, in, rows, columns) of a convolution. 0 units mean that there are none.
func weightLayout(shape []int, d sizes, reads bool) (units int, picture []int, at func(unit, pixel int) int) {
	switch {
	case len(shape) == 2 && reads && shape[0] == d.inputs:
		return shape[1], d.Shape, func(unit, pixel int) int { return pixel*shape[1] + unit }
	case len(shape) == 2 && !reads && shape[1] == d.inputs:
		return shape[0], d.Shape, func(unit, pixel int) int { return unit*shape[1] + pixel }
	case len(shape) == 4 && reads:
		size := shape[1] * shape[2] * shape[3]
		return shape[0], shape[1:], func(unit, pixel int) int { return unit*size + pixel }
	}
	return 0, nil, nil
}

// End implements [Ender].
func (b *TensorBoard) End(Epoch, error) error {
	if b.writer == nil {
		return nil
	}
	return b.writer.Close()
}
