package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// report prints a table of the results with counts and reports whether every mutation
// was killed, except at most allow that survived with an explanation.
func report(w io.Writer, results []result, allow int) bool {
	counts, explained, good := map[outcome]int{}, 0, true
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "mutation\toutcome\tby\tsentence")
	for _, r := range results {
		counts[r.outcome]++
		switch {
		case r.outcome == killed:
		case r.outcome == survived && r.Survives != "":
			explained++
			r.detail = "(" + r.Survives + ")"
		default:
			good = false
		}
		fmt.Fprintf(t, "%s/%s\t%s\t%s\t%s\n", r.table, r.Name, r.outcome, r.detail, r.Breaks)
	}
	t.Flush()
	fmt.Fprintf(w, "\n%d mutations:", len(results))
	for _, o := range []outcome{killed, survived, timedOut, notCompile, notFound} {
		if counts[o] > 0 {
			fmt.Fprintf(w, " %d %s", counts[o], o)
		}
	}
	fmt.Fprintf(w, "; %d of the survivors explained, %d allowed\n", explained, allow)
	return good && explained <= allow
}
