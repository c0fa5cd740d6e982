package run

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
)

// fromFile reads the values of a node of that size from a file: an array of NumPy, in the
// numbers of the network, or a picture, which is resized and becomes numbers as those of
// the data do.
func (q *questioner) fromFile(node, path string, size int) ([]float32, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".npy":
		return fromArray(path, text, size)
	case ".png", ".jpg", ".jpeg":
		return q.fromPicture(node, path, text)
	}
	return nil, errors.Errorf("got file %s, want one that ends in .npy, .png or .jpg", path)
}

// fromArray reads an array whose size is a multiple of that of the node.
func fromArray(path string, text []byte, size int) ([]float32, error) {
	a, err := datasets.ReadNPY(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, errors.WithMessage(err, path)
	}
	if a.Len()%size != 0 {
		return nil, errors.Errorf("got %d numbers of shape %v in %s, want a multiple of %d", a.Len(), a.Shape, path, size)
	}
	out := make([]float32, a.Len())
	for i := range out {
		if out[i] = float32(a.At(i)); out[i]-out[i] != 0 {
			return nil, errors.Errorf("got %v at %d in %s, want finite numbers", a.At(i), i, path)
		}
	}
	return out, nil
}

// fromPicture reads a picture for a node that holds samples.
func (q *questioner) fromPicture(node, path string, text []byte) ([]float32, error) {
	d, err := q.settings.sizes()
	if err != nil {
		return nil, err
	}
	shape := graph.Shape(d.Shape)
	rows, columns, channels := len(shape)-2, len(shape)-1, 1
	if len(shape) == 3 {
		channels = shape[0]
	}
	isSample := false
	for _, name := range q.net.Sample {
		isSample = isSample || name == node
	}
	switch {
	case !isSample || len(shape) < 2 || channels != 1 && channels != 3:
		return nil, errors.Errorf("got picture %s, but the node holds no pictures; give numbers with commas, or a file .npy", path)
	}
	p := datasets.Pictures{Rows: shape[rows], Columns: shape[columns], Channels: channels}
	if err := p.Add(path, text); err != nil {
		return nil, err
	}
	a, err := p.Array()
	if err != nil {
		return nil, err
	}
	n := q.settings.Normalization()
	switch s := q.net.scaling(q.settings.Scalings, node); {
	case s != nil && s.Factor == 0:
		return nil, errors.Errorf("got picture %s, but the data are other numbers than pixels; give a file .npy in those numbers", path)
	case s != nil:
		n.Scale = 1 // the scaling does the rest
	case n.Scale == 0:
		n.Scale = 1.0 / 255
	}
	out, plane := make([]float32, a.Len()), a.Len()/channels
	for i := range out {
		x := a.At(i) * n.Scale
		if len(n.Mean) > 0 {
			x -= n.Mean[min(i/plane, len(n.Mean)-1)]
		}
		if len(n.Std) > 0 {
			x /= n.Std[min(i/plane, len(n.Std)-1)]
		}
		out[i] = float32(x)
	}
	return out, nil
}
