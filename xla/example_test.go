package xla_test

import (
	"fmt"
	"os"

	"github.com/seed-be841da4/prospect/xla"
)

// What there is on a machine whose only plugin is not there.
func Example() {
	_ = os.Setenv("PROSPECT_PJRT_PLUGIN", "/opt/xla/missing.so")
	for _, p := range xla.Plugins() {
		fmt.Println(p.Path, "devices:", len(p.Devices), "usable:", p.Err == nil)
	}
	// Output: /opt/xla/missing.so devices: 0 usable: false
}
