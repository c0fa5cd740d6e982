package run

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// Versions are those of what computes a run.
type Versions struct {
	// Prospect is the module's version, "(devel)" for one built from a checkout.
	Prospect string `json:"prospect"`
	// Revision is that of the version control, with "+dirty" if files were
	// changed. Empty if the build does not know.
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Gorgonia string `json:"gorgonia,omitempty"`
	Tensor   string `json:"tensor,omitempty"`
	Gonum    string `json:"gonum,omitempty"`
}

// Host is where a run was started.
type Host struct {
	Name string `json:"name,omitempty"`
	OS   string `json:"os"`
	Arch string `json:"arch"`
	// Cores are the processor cores the run may use.
	Cores int `json:"cores"`
	// Kernels names the instructions of the inner loops: avx512, avx2 or
	// portable. The first two give the same bits, portable rounds differently.
	Kernels string `json:"kernels,omitempty"`
}

// ReadVersions returns the versions that this program was built from.
func ReadVersions() Versions {
	v := Versions{Prospect: "unknown", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Prospect = info.Main.Version
	}
	dirty := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			dirty = s.Value == "true"
		}
	}
	if dirty && v.Revision != "" {
		v.Revision += "+dirty"
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		switch m.Path {
		case "gorgonia.org/gorgonia":
			v.Gorgonia = m.Version
		case "gorgonia.org/tensor":
			v.Tensor = m.Version
		case "gonum.org/v1/gonum":
			v.Gonum = m.Version
		}
	}
	return v
}

// ReadHost returns the machine that this program runs on.
func ReadHost() Host {
	name, _ := os.Hostname() // only for the reader of the manifest
	return Host{
		Name: name, OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.GOMAXPROCS(0),
		Kernels: kernel.Active().String(),
	}
}
