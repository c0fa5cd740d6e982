package engine

import (
	"github.com/pkg/errors"
)

// compiler turns a source into a unit.
type compiler[T float] struct {
	src        Source
	unit       *Unit[T]
	hoists     bool
	memory     map[*Value][]T // memory of allocated values
	temp       int            // elements per temporary
	temps      int            // number of temporaries of the largest fused loop
	part       int            // elements of the largest part of a late product
	packs      map[packKey]*pack[T]
	packOrder  []packKey
	convPacks  map[convKey]*convPack[T]
	convOrder  []convKey
	layouts    *layouts // nil unless samples are told apart
	*laning[T]          // nil unless the unit runs many networks at once
}

// Compile compiles a source for one precision.
func Compile[T float](src Source) (*Unit[T], error) { return compile[T](src, nil) }

func compile[T float](src Source, lanes *laning[T]) (*Unit[T], error) {
	c := &compiler[T]{
		laning:    lanes,
		src:       src,
		unit:      &Unit[T]{kernels: vectors[T](), scalars: map[*Value]*float64{}},
		memory:    map[*Value][]T{},
		packs:     map[packKey]*pack[T]{},
		convPacks: map[convKey]*convPack[T]{},
		temp:      tile,
		layouts:   newLayouts(src),
	}
	c.unit.samples, c.unit.about = src.Samples, src.explainSamples()
	for _, v := range src.Graph.values {
		switch v.Op {
		case OpInput:
			m, ok := src.Memory[v.Input].([]T)
			if !ok || len(m) != v.Size() {
				return nil, errors.Errorf("engine: input %q: memory, got %T, want %d elements of the unit's precision", v.Name, src.Memory[v.Input], v.Size())
			}
			c.memory[v] = c.bind(m)
			c.hoists = c.hoists || v.class == Free
		}
	}
	return c.unit, c.compile()
}

// stagePlan is a section with the results of the passes run so far.
type stagePlan[T float] struct {
	section
	refresh    bool  // the section is a refresh
	class      Class // class of the values computed at a refresh
	phases     []phase
	liveRanges []*liveRange
	partial    map[*Value][]float64 // partial sums per row
	memory     map[*Value][]T       // roots computed in place, and scratch memory
	inPlace    map[*Value]int       // roots computed in place, by index
	parts      []*partProduct[T]    // late products
}

func (c *compiler[T]) compile() error {
	var bodies [][]*stagePlan[T]
	wanted := map[*Value]bool{}
	for _, p := range c.src.Programs {
		var stages []*stagePlan[T]
		for _, st := range p.Stages {
			s := c.stage(p, st)
			for _, t := range s.tasks {
				for _, v := range t.operands() {
					wanted[v] = wanted[v] || c.hoisted(v)
				}
			}
			stages = append(stages, s)
		}
		bodies = append(bodies, stages)
	}
	hoisted := c.hoist(wanted)
	c.allocate(append(bodies, hoisted))
	if c.laning == nil {
		c.choosePacks(bodies, hoisted)
	}
	c.unit.refresh[Parameter] = c.generate(hoisted[0], hoisted[0].phases)
	c.unit.refresh[Clamped] = c.generate(hoisted[1], hoisted[1].phases)
	c.emitPacks(hoisted)
	c.emitConvPacks(hoisted)
	c.sampleParts(hoisted[Clamped])
	for i, p := range c.src.Programs {
		out := &Compiled[T]{unit: c.unit, name: p.Name}
		for _, s := range bodies[i] {
			first := s.first()
			out.stages = append(out.stages, c.generate(s, s.phases[:first]))
			if first < len(s.phases) {
				out.last = c.generate(s, s.phases[first:])
				out.last.name, out.parts = p.Name, s.parts
			}
		}
		c.unit.programs = append(c.unit.programs, out)
	}
	c.unit.parallelFrom = c.src.ParallelFrom
	if c.unit.parallelFrom == 0 {
		c.unit.parallelFrom = parallelFrom
	}
	for range max(1, c.src.Threads) {
		c.unit.workers = append(c.unit.workers, c.worker())
	}
	return nil
}

// hoisted reports whether v is computed at a refresh.
func (c *compiler[T]) hoisted(v *Value) bool {
	return c.hoists && v.class < Free && !v.given()
}

// hoist plans the two refreshes: the values that depend on parameters alone, then the
// values that depend on clamped data too.
func (c *compiler[T]) hoist(wanted map[*Value]bool) []*stagePlan[T] {
	var lists [2][]*Value
	for _, v := range c.src.Graph.values { // in a fixed order
		if wanted[v] && c.hoisted(v) {
			lists[v.class] = append(lists[v.class], v)
		}
	}
	listed := map[*Value]bool{}
	for _, v := range lists[Parameter] {
		listed[v] = true
	}
	clamped := c.hoistedStage("refresh", lists[Clamped], func(v *Value) bool { return v.class == Parameter }, Clamped)
	for _, t := range clamped.tasks {
		for _, v := range t.operands() {
			if c.hoisted(v) && v.class == Parameter && !listed[v] {
				lists[Parameter], listed[v] = append(lists[Parameter], v), true
			}
		}
	}
	params := c.hoistedStage("refresh parameters", lists[Parameter], func(*Value) bool { return false }, Parameter)
	return []*stagePlan[T]{params, clamped}
}

// stage plans a stage of a program. Roots that can be computed in place are bound to
// their targets; the others are delivered by tasks.
func (c *compiler[T]) stage(p Program, roots Stage) *stagePlan[T] {
	s := &stagePlan[T]{section: section{name: p.Name}, memory: map[*Value][]T{}, inPlace: map[*Value]int{}}
	ready := c.hoisted
	reads := c.inputsRead(roots)
	inOrder := false // a root overwrites an input that others may read
	var wanted []*Value
	for i, r := range roots {
		v := storage(r.Value)
		dst := c.target(r)
		inPlace := dst != nil && !scalar(v) && !ready(v) && !v.given() && v.Op != OpBroadcast && v.Op != OpForeign
		if inPlace && s.memory[v] == nil && !reads[&dst[0]] {
			s.memory[v], s.inPlace[v] = dst, i
			wanted = append(wanted, v)
			continue
		}
		s.roots = append(s.roots, r)
		inOrder = inOrder || dst != nil && reads[&dst[0]]
	}
	s.want(wanted)
	c.plan(s, ready, p.Parts && c.laning == nil && len(p.Stages) == 1, inOrder)
	return s
}

// hoistedStage plans a refresh of the values of a class.
func (c *compiler[T]) hoistedStage(name string, wanted []*Value, ready func(*Value) bool, class Class) *stagePlan[T] {
	s := &stagePlan[T]{section: section{name: name}, memory: map[*Value][]T{}, refresh: true, class: class}
	s.want(wanted)
	c.plan(s, ready, false, false)
	return s
}

// plan runs the passes from collect to order. parts asks for late products; inOrder
// keeps the order of the levels.
func (c *compiler[T]) plan(s *stagePlan[T], ready func(*Value) bool, parts, inOrder bool) {
	s.collect(ready)
	if parts {
		s.postpone()
	}
	for _, t := range s.tasks {
		t.serial = t.root == nil && c.packsFirst(s, t.value)
	}
	s.phases = phases(s.fuse())
	if !inOrder {
		for i := range s.phases {
			if s.phases[i].rows > 0 {
				s.phases[i].depthFirst()
			}
		}
	}
	s.liveRanges = liveRanges(s.phases, s.wants, func(v *Value) bool { return s.memory[v] != nil })
	s.liveRanges = shareRows(s.phases, s.liveRanges, s.wants)
}

// first returns the number of phases before the late products.
func (s *stagePlan[T]) first() int {
	for i, p := range s.phases {
		if p.late() {
			return i
		}
	}
	return len(s.phases)
}

// inputsRead returns the first element's address of every input that the roots depend
// on.
func (c *compiler[T]) inputsRead(roots Stage) map[*T]bool {
	out := map[*T]bool{}
	seen := map[*Value]bool{}
	var visit func(v *Value)
	visit = func(v *Value) {
		if seen[v] {
			return
		}
		seen[v] = true
		if v.Op == OpInput {
			out[&c.memory[v][0]] = true
		}
		for _, a := range v.Args {
			visit(a)
		}
	}
	for _, r := range roots {
		visit(r.Value)
	}
	return out
}

// align is the alignment of values in elements: 64 bytes of float32.
const align = 16

// allocate assigns memory of the arena. Hoisted values, the last list, keep theirs; the
// stages of all programs reuse the rest.
func (c *compiler[T]) allocate(lists [][]*stagePlan[T]) {
	hoisted := lists[len(lists)-1]
	var keep []*liveRange
	for _, s := range hoisted {
		for _, x := range s.liveRanges {
			x.from, x.to = 0, 1
			x.size *= c.width()
			keep = append(keep, x)
		}
	}
	fixed := assignOffsets(keep, align)
	scratch := 0
	for _, list := range lists[:len(lists)-1] {
		for _, s := range list {
			for _, x := range s.liveRanges {
				x.size *= c.width()
			}
			scratch = max(scratch, assignOffsets(s.liveRanges, align))
		}
	}
	c.unit.arena = aligned[T](fixed + scratch)
	for _, x := range keep {
		for _, v := range x.values {
			c.memory[v] = c.unit.arena[x.base : x.base+x.size]
		}
	}
	for _, list := range lists[:len(lists)-1] {
		for _, s := range list {
			for _, x := range s.liveRanges {
				for _, v := range x.values {
					s.memory[v] = c.unit.arena[fixed+x.base : fixed+x.base+x.size]
				}
			}
		}
	}
}
