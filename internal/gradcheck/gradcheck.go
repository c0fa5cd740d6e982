// Package gradcheck is the former place of [gradcheck.Run]; new tests import
// that package.
package gradcheck

import (
	"testing"

	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
)

// Options of a check.
type Options = gradcheck.Options

// Run is [gradcheck.Run].
func Run(t *testing.T, d graph.Declaration, r graph.Roles, o Options) {
	t.Helper()
	gradcheck.Run(t, d, r, o)
}
