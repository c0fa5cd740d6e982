package run

import (
	"bytes"
	"encoding/json"
	"os"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/train"
)

// Weights are where a network's weights come from.
type Weights struct {
	// Path of a checkpoint's directory, or of a file in the safetensors format.
	Path string
	// Settings say how the file's names and axes are the network's.
	Settings train.WeightSettings
}

// ReadWeightSettings reads settings from a file in JSON. An unknown field is an
// error.
func ReadWeightSettings(path string) (train.WeightSettings, error) {
	var s train.WeightSettings
	text, err := os.ReadFile(path)
	if err != nil {
		return s, errors.Wrap(err, "run: weights")
	}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, errors.Wrapf(err, "run: weights: %s: want an object of layout, prefix, names, skip, keep, axes, convert", path)
	}
	return s, nil
}
