package run

import (
	"strings"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/train"
)

// augmentations returns the changes of s.Augment; nil if there are none. Of a named
// dataset, what a crop or a turn brings in from outside a picture is black.
func (s *Settings) augmentations() ([]datasets.Augmentation, error) {
	specs, err := augmentSpecs(s.registry(), s.Augment)
	if err != nil {
		return nil, settingf("{augment}, %v", err)
	}
	var out []datasets.Augmentation
	for _, spec := range specs {
		a, err := spec.New()
		if err != nil {
			return nil, settingf("{augment}, got %q: %v", s.Augment, err)
		}
		switch a.(type) {
		case datasets.RandomCrop, datasets.Rotate:
			a = kinds.WithDefault(a, "fill", s.black())
		}
		out = append(out, a)
	}
	return out, nil
}

// black is what a black pixel is after the normalisation; nil where that is not known,
// which means 0.
func (s *Settings) black() []float64 {
	n := s.Normalization()
	var out []float64
	for c, mean := range n.Mean {
		std := 1.0
		if len(n.Std) > 0 {
			std = n.Std[min(c, len(n.Std)-1)]
		}
		out = append(out, -mean/std)
	}
	return out
}

// augmentSpecs reads a list of specs separated by commas.
func augmentSpecs(r *kinds.Registry, text string) ([]kinds.Spec[datasets.Augmentation], error) {
	if text == "" {
		return nil, nil
	}
	parts, err := kinds.Split(text, ',')
	if err != nil {
		return nil, err
	}
	var out []kinds.Spec[datasets.Augmentation]
	for _, part := range parts {
		spec, err := kinds.Parse[datasets.Augmentation](r, part)
		if err != nil {
			return nil, err
		}
		out = append(out, spec)
	}
	return out, nil
}

// canonicalAugment writes the specs with the registry's names, and several settings of
// one in parentheses.
func canonicalAugment(r *kinds.Registry, text string) (string, error) {
	specs, err := augmentSpecs(r, text)
	if err != nil {
		return "", err
	}
	var parts []string
	for _, spec := range specs {
		part := spec.String()
		if name, settings, ok := strings.Cut(part, ":"); ok && strings.Contains(settings, ",") {
			part = name + "(" + settings + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ","), nil
}

// checkAugment returns an error unless the data can be changed so.
func (s *Settings) checkAugment() error {
	changes, err := s.augmentations()
	if err != nil || len(changes) == 0 {
		return err
	}
	if isText(s.Data) {
		return settingf("{augment}: a text has no pictures to change; leave {augment} out")
	}
	d, err := s.sizes()
	if err != nil {
		return err
	}
	_, err = datasets.NewAugmenter(s.Seed, d.Shape, changes...)
	return withSetting(spelled(err), "{augment}: {data} %s", d.Name)
}

// augmented returns the training data with the changes. All nodes that hold samples
// change alike, so that what reconstructs a sample reconstructs the changed one.
func (s *Settings) augmented(from train.Source, l Layout) (train.Source, error) {
	changes, err := s.augmentations()
	if err != nil || len(changes) == 0 {
		return from, err
	}
	return &train.Augmented{Source: from, Nodes: l.Sample, Changes: changes, Seed: s.Seed}, nil
}
