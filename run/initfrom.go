package run

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-be841da4/prospect/train"
)

// initFrom gives the network the weights that it is to start with, unless the run in dir
// has a checkpoint to go on from.
func (s *Settings) initFrom(net *Network, dir string) error {
	if s.InitFrom == "" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, checkpointDir)); err == nil {
		return nil
	}
	path := s.InitFrom
	if _, err := os.Stat(filepath.Join(path, manifestFile)); err == nil {
		path = CheckpointOf(path)
	}
	var w train.WeightSettings
	if s.InitKeep != "" {
		w.Keep = strings.Split(s.InitKeep, ",")
		w.Skip = w.Keep // of the file, whatever their shape
	}
	return withSetting(w.Load(net.Network, path), "{init_from} %s", s.InitFrom)
}
