package engine

// depthFirst orders the groups of a phase depth first: after each group come those that
// waited only for it. A relaxation step then goes over a network layer by layer, with
// the activities, errors and weights of one layer in the cache, instead of over all
// layers once for each operation. It is not for a phase of single rows: there it is the
// latency of one operation after the other that counts, and independent ones overlap.
func (s *phase) depthFirst() {
	of := map[*task]*group{}
	for _, gr := range s.groups {
		for _, t := range gr.tasks {
			of[t] = gr
		}
	}
	waits, users := map[*group]map[*group]bool{}, map[*group][]*group{}
	for _, gr := range s.groups {
		waits[gr] = map[*group]bool{}
		for _, t := range gr.tasks {
			for _, d := range t.deps {
				if other := of[d]; other != nil && other != gr && !waits[gr][other] {
					waits[gr][other] = true
					users[other] = append(users[other], gr)
				}
			}
		}
	}
	var out []*group
	done := map[*group]bool{}
	var take func(gr *group)
	take = func(gr *group) {
		if done[gr] || len(waits[gr]) > 0 {
			return
		}
		done[gr] = true
		out = append(out, gr)
		for _, u := range users[gr] {
			delete(waits[u], gr)
		}
		for _, u := range users[gr] {
			take(u)
		}
	}
	for _, gr := range s.groups {
		take(gr)
	}
	s.groups = out
}
