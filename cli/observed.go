package cli

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-be841da4/prospect/run"
)

// observed lists how an epoch went.
func observed(e run.Epoch, s run.Settings) []string {
	var fields []string
	if s.Relaxes() {
		fields = append(fields, ended(e, s))
		if e.Rising > 0 {
			fields = append(fields, fmt.Sprintf("energy rose in %.3g %% of batches: lower --step-size", 100*e.Rising))
		}
	}
	if e.GradientNormMedian != nil {
		fields = append(fields, fmt.Sprintf("gradient norm: median %.2g, largest %.2g", *e.GradientNormMedian, *e.GradientNormLargest))
	}
	fields = append(fields, fmt.Sprintf("learning rate %.3g", e.LearningRate), rate(e.SamplesPerSecond))
	if len(e.Energies) > 1 {
		fields = append(fields, "energy: "+largest(e.Energies, 4))
	}
	return fields
}

// rate tells a throughput, without an exponent.
func rate(perSecond float64) string {
	if perSecond < 100 {
		return fmt.Sprintf("%.3g samples/s", perSecond)
	}
	return fmt.Sprintf("%.0f samples/s", perSecond)
}

// ended tells how the relaxations ended.
func ended(e run.Epoch, s run.Settings) string {
	text := fmt.Sprintf("fixed %.0f steps, no criterion", e.Steps)
	switch {
	case e.Steps == 0: // a rule that is written out by hand
		text = fmt.Sprintf("fixed %d steps, no criterion", s.Steps)
	case e.Converged != nil:
		text = fmt.Sprintf("converged %.3g %% of batches, %.3g of %d steps", 100**e.Converged, e.Steps, s.Steps)
	case e.Stalled > 0 || e.Steps != math.Trunc(e.Steps):
		text = fmt.Sprintf("%.3g of %d steps, no criterion", e.Steps, s.Steps)
	}
	if e.Stalled > 0 {
		text += fmt.Sprintf(", stalled %.3g %%", 100*e.Stalled)
	}
	return text
}

// largest lists the n largest energies, and the sum of the others.
func largest(energies map[string]float64, n int) string {
	names := slices.SortedFunc(maps.Keys(energies), func(a, b string) int {
		return cmp.Or(cmp.Compare(energies[b], energies[a]), cmp.Compare(a, b))
	})
	var parts []string
	rest := 0.0
	for i, name := range names {
		if i < n {
			parts = append(parts, fmt.Sprintf("%s %.3g", name, energies[name]))
		} else {
			rest += energies[name]
		}
	}
	if more := len(names) - n; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more %.3g", more, rest))
	}
	return strings.Join(parts, ", ")
}

// columns is the width that lines are filled to.
const columns = 80

// fill writes fields into indented lines, each after a line break, that a terminal
// does not have to wrap. A field that is too long is cut.
func fill(fields []string) string {
	var b strings.Builder
	at := columns
	for _, f := range fields {
		if most := columns - 2; utf8.RuneCountInString(f) > most {
			f = string([]rune(f)[:most-1]) + "…"
		}
		n := utf8.RuneCountInString(f)
		if at+2+n > columns {
			b.WriteString("\n")
			at = 0
		}
		b.WriteString("  " + f)
		at += 2 + n
	}
	return b.String()
}
