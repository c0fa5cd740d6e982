package models

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// Unroll declares a network of one time step as a network of several, with shared
// parameters: relaxing it smooths over the window, every step informed by those after it.
//
//	E = Σ_t E_step(x_t, previous x_{t−1})   t = 0 … steps−1
//
// Node x of step t is called "x@t", prediction p "p@t"; parameters are those of "p@0".
// Carry names the nodes that a step hands to the next and the input that holds each
// there: with {"x": "previous"} what reads "previous" reads "x@0" at step 1, and only
// "previous@0" is left as a node, the state before the window.
//
// Layers and energies that name a node themselves, such as energy.Gaussian.From, are not
// renamed. Of a prediction with a Share of its own the parameters are shared, too. Errors
// are no steps, and carried nodes that are not declared, are predicted, have a prior or
// differ in shape. [graph.New] checks the rest.
func Unroll(d graph.Declaration, steps int, carry map[string]string) (graph.Declaration, error) {
	var out graph.Declaration
	if steps < 1 {
		return out, errors.Errorf("models: Unroll: steps, got %d, want at least 1", steps)
	}
	from, err := carried(d, carry)
	if err != nil {
		return out, err
	}
	at := func(name string, t int) string {
		if before, ok := from[name]; ok && t > 0 {
			name, t = before, t-1
		}
		return fmt.Sprintf("%s@%d", name, t)
	}
	names := predictionNames(d)
	for t := range steps {
		for _, n := range d.Nodes {
			if _, ok := from[n.Name]; ok && t > 0 {
				continue
			}
			n.Name = at(n.Name, t)
			if n.Mask != "" {
				n.Mask = at(n.Mask, t)
			}
			out.Nodes = append(out.Nodes, n)
		}
		for i, p := range d.Predictions {
			p.Name, p.Of = fmt.Sprintf("%s@%d", names[i], t), at(p.Of, t)
			p.From = slices.Clone(p.From)
			for j, name := range p.From {
				p.From[j] = at(name, t)
			}
			switch {
			case p.Share != "":
				p.Share += "@0"
			case t > 0:
				p.Share = names[i] + "@0"
			}
			out.Predictions = append(out.Predictions, p)
		}
	}
	return out, nil
}

// carried returns, by input, the node of the step before that it holds.
func carried(d graph.Declaration, carry map[string]string) (map[string]string, error) {
	shapes, taken := map[string]graph.Node{}, map[string]bool{}
	for _, n := range d.Nodes {
		shapes[n.Name] = n
	}
	for _, p := range d.Predictions {
		taken[p.Of] = true
	}
	from := map[string]string{}
	for node, input := range carry {
		a, b := shapes[node], shapes[input]
		switch {
		case a.Name == "" || b.Name == "":
			return nil, errors.Errorf("models: Unroll: carry, got %q to %q, want two declared nodes", node, input)
		case taken[input] || b.Prior != nil || carry[input] != "":
			return nil, errors.Errorf("models: Unroll: carry, got %q to %q, want an input: a node that is neither predicted nor carried on and has no prior", node, input)
		case !a.Shape.Equal(b.Shape):
			return nil, errors.Errorf("models: Unroll: carry, got %q of shape %v to %q of shape %v, want equal shapes", node, a.Shape, input, b.Shape)
		case from[input] != "":
			return nil, errors.Errorf("models: Unroll: carry, got two nodes to %q, want one", input)
		}
		from[input] = node
	}
	return from, nil
}

// predictionNames returns the names of predictions, with those that graph.New gives to
// unnamed ones.
func predictionNames(d graph.Declaration) []string {
	var names []string
	count := map[string]int{}
	for _, p := range d.Predictions {
		if p.Name == "" {
			count[p.Of]++
			p.Name = p.Of
			if k := count[p.Of]; k > 1 {
				p.Name = fmt.Sprintf("%s#%d", p.Of, k)
			}
		}
		names = append(names, p.Name)
	}
	return names
}
