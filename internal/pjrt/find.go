package pjrt

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Variable is the environment variable that names the plugin.
const Variable = "PROSPECT_PJRT_PLUGIN"

// patterns are the plugins of wheels, below a folder of Python's packages, those of
// accelerators first.
var patterns = []string{
	"libtpu/libtpu.so",
	"jax_plugins/*/xla_cuda_plugin.so",
	"jax_plugins/*/xla_rocm_plugin.so",
	"jax_plugins/*/*pjrt*.so",
	"jax_plugins/*/*plugin*.so",
	"xla_plugins/*/*.so",
	"*/pjrt_c_api_cpu_plugin.so",
}

// Find returns the paths of the plugins on this machine: the one that the environment
// variable PROSPECT_PJRT_PLUGIN names, and no other if it is set; otherwise those of
// PJRT_NAMES_AND_LIBRARY_PATHS, which JAX reads too, and of the packages of every Python
// that is in use here, accelerators first.
func Find() []string {
	if path := os.Getenv(Variable); path != "" {
		return []string{path}
	}
	var found []string
	add := func(path string) {
		if real, err := filepath.EvalSymlinks(path); err == nil && !slices.Contains(found, real) {
			found = append(found, real)
		}
	}
	for _, entry := range filepath.SplitList(os.Getenv("PJRT_NAMES_AND_LIBRARY_PATHS")) {
		for part := range strings.SplitSeq(entry, ",") {
			add(part)
		}
	}
	folders := pythonFolders()
	for _, pattern := range patterns {
		for _, folder := range folders {
			matches, _ := filepath.Glob(filepath.Join(folder, pattern)) // the pattern is well-formed
			for _, m := range matches {
				add(m)
			}
		}
	}
	return found
}

// pythonFolders are the folders of packages of the Pythons here: of the active
// environment, of the first in the path, of the user and of the system.
func pythonFolders() []string {
	var roots []string
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if root := os.Getenv(name); root != "" {
			roots = append(roots, root)
		}
	}
	for _, name := range []string{"python3", "python"} {
		if path, err := exec.LookPath(name); err == nil {
			roots = append(roots, filepath.Dir(filepath.Dir(path)))
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		roots = append(roots, filepath.Join(home, ".local"))
	}
	roots = append(roots, "/usr/local", "/usr", "/opt/conda", "/opt/homebrew")
	var folders []string
	for _, root := range roots {
		for _, kind := range []string{"site-packages", "dist-packages"} {
			for _, lib := range []string{"lib/python3*", "lib/python3", "lib64/python3*"} {
				matches, _ := filepath.Glob(filepath.Join(root, lib, kind)) // the pattern is well-formed
				for _, m := range matches {
					if !slices.Contains(folders, m) {
						folders = append(folders, m)
					}
				}
			}
		}
	}
	return folders
}

// Remedy says how to get a plugin.
const Remedy = `get one with pip: "pip install jax[cuda13]" or "jax[cuda12]" for NVIDIA, "pip install jax-rocm7-pjrt" for AMD, "pip install libtpu" for TPU, "pip install xla-cpu-pjrt" for the CPU; name another by plugin=PATH or ` + Variable

// Open returns the client of a plugin. An empty path takes the first plugin that [Find]
// finds and that has a device.
func Open(path string, options map[string]int64) (*Client, error) {
	if path != "" {
		p, err := Load(path)
		if err != nil {
			return nil, err
		}
		return p.Client(options)
	}
	found := Find()
	if len(found) == 0 {
		return nil, errors.Errorf("pjrt: plugins, found none on this %s/%s machine, want one; %s", runtime.GOOS, runtime.GOARCH, Remedy)
	}
	var first error
	for _, path := range found {
		c, err := Open(path, options)
		if err == nil {
			return c, nil
		}
		if errors.Is(err, ErrNoLoader) {
			return nil, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, errors.WithMessagef(first, "pjrt: plugins, found %d and none with a device; %s; the first says", len(found), Remedy)
}
