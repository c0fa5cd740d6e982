package run

import (
	"fmt"
	"slices"

	"github.com/seed-be841da4/prospect/graph"
)

// domainOf is the domain of a node's data under one of its energies.
type domainOf struct {
	graph.Domain
	node string
	// by is the energy: "energy.Bernoulli of node "x"".
	by string
}

// domains lists what the energies and priors of some nodes can mean.
func (d *declared) domains(nodes []string) []domainOf {
	var all []domainOf
	add := func(node string, energy any) {
		if e, ok := energy.(graph.Domained); ok && slices.Contains(nodes, node) {
			all = append(all, domainOf{e.Domain(), node, fmt.Sprintf("%T of node %q", energy, node)})
		}
	}
	for _, p := range d.Predictions {
		add(p.Of, p.Energy)
	}
	for _, n := range d.Nodes {
		add(n.Name, n.Prior)
	}
	return all
}

// holds reports whether numbers from least to most are in the domain.
func (d domainOf) holds(least, most float64) bool {
	if d.Domain == (graph.Domain{}) {
		return true
	}
	from, to := d.Min, d.Max
	if d.Distribution {
		from, to = 0, 1
	}
	return from <= least && most <= to
}

// usualPixels is the range of the pixels where none is asked for: that of the
// dataset, unless an energy of the samples can mean numbers from 0 to 1 alone.
func (s *Settings) usualPixels() Pixels {
	d, err := s.declare()
	if err != nil || isText(s.Data) {
		return StandardPixels // the error is found by Check
	}
	s.Pixels = StandardPixels
	for _, of := range d.domains(d.Sample) {
		if !of.Distribution && !s.pixelsFit(of) && of.holds(0, 1) {
			return UnitPixels
		}
	}
	return StandardPixels
}

// pixelsFit reports whether the pixels are in a domain. Normalised ones lie on both
// sides of 0, and beyond 1.
func (s *Settings) pixelsFit(of domainOf) bool {
	if n := s.Normalization(); len(n.Mean)+len(n.Std) > 0 {
		return of.holds(-1, 2)
	}
	return of.holds(0, 1)
}

// checkDomains refuses pixels and targets that the energies of a network cannot mean.
func (s *Settings) checkDomains(d *declared) error {
	if isText(s.Data) {
		return nil // symbols and one-hot rows
	}
	for _, of := range d.domains(d.Sample) {
		switch {
		case of.Distribution:
			return settingf("{energy}: %s wants rows that add up to 1, which the samples of %s do not; use bernoulli, for numbers from 0 to 1, or gaussian", of.by, s.Data)
		case !s.pixelsFit(of):
			return settingf("{pixels}, got %s, want unit, because %s can mean numbers from 0 to 1 alone; leave {pixels} out, or use {energy} gaussian", s.Pixels, of.by)
		}
	}
	e := s.Encoding()
	for _, of := range d.domains([]string{d.Label}) {
		if !of.holds(min(e.Off, e.On), max(e.Off, e.On)) {
			return settingf("{targets}, got %s, want 01, because %s can mean numbers from 0 to 1 alone; leave {targets} out, or use {energy} gaussian", s.Targets, of.by)
		}
	}
	return nil
}
