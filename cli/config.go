package cli

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/modelfile"
	"github.com/seed-be841da4/prospect/run"
)

// base puts the settings of --like or --config where no flag gives others.
func (t *trainCmd) base(c *console, s *run.Settings) error {
	var from run.Settings
	switch {
	case t.Like != "":
		m, err := run.ReadManifest(t.Like, c.kinds)
		if err != nil {
			return errors.WithMessage(err, "--like")
		}
		from = m.Settings
	case t.Config != "":
		from = run.Defaults()
		if err := readConfig(c, t.Config, &from); err != nil {
			return errors.WithMessage(err, "--config")
		}
	default:
		return nil
	}
	given, all := *s, reflect.ValueOf(s).Elem()
	*s = from
	s.Kinds, s.Cache, s.Scalings = given.Kinds, given.Cache, nil
	for i := range all.NumField() {
		name, _, _ := strings.Cut(all.Type().Field(i).Tag.Get("json"), ",")
		if name != "-" && slices.Contains(c.given, strings.ReplaceAll(name, "_", "-")) {
			all.Field(i).Set(reflect.ValueOf(given).Field(i))
			if name == "model" {
				s.ModelText = "" // that of the other
			}
		}
	}
	return nil
}

// readConfig reads settings from a file by their JSON names. A file of a run's manifest
// has them under "settings".
func readConfig(c *console, path string, s *run.Settings) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var tree *kinds.Value
	switch strings.ToLower(filepath.Ext(path)) {
	case ".toml":
		tree, err = modelfile.Tree(path, text)
	case ".json":
		tree, err = kinds.ParseJSON(text)
	default:
		return errors.Errorf("%s: want a file that ends in .toml or .json", path)
	}
	if err != nil {
		return errors.WithMessage(err, path)
	}
	if table, ok := tree.Data.(*kinds.Table); ok {
		if inner, ok := table.Get("settings"); ok {
			tree = inner
		}
	}
	return errors.WithMessage(c.kinds.Decode(tree, s, "settings"), path)
}
