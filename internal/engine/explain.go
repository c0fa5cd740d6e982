package engine

import (
	"fmt"
	"strings"
	"unsafe"
)

// Explain describes the unit: the refreshes and programs by phase and instruction, the
// floating-point operations of each, and the memory.
func (u *Unit[T]) Explain() string {
	var b strings.Builder
	var zero T
	fmt.Fprintf(&b, "precision  %T\n", zero)
	fmt.Fprintf(&b, "memory     %s planned, %s packed weights, %s temporaries\n",
		bytes(len(u.arena)*int(unsafe.Sizeof(zero))), bytes(u.packedBytes()), bytes(u.tempBytes()))
	if len(u.fallbacks) == 0 {
		b.WriteString("fallbacks  none\n")
	} else {
		fmt.Fprintf(&b, "fallbacks  %s: run by Gorgonia, one thread, allocating\n", strings.Join(u.fallbacks, ", "))
	}
	b.WriteString(u.about)
	u.refresh[Parameter].explain(&b, "refresh of parameters: hoisted values and packs")
	u.refresh[Clamped].explain(&b, "refresh of clamped data: hoisted values and packs")
	for _, p := range u.programs {
		for i, s := range p.stages {
			title := p.name
			if len(p.stages) > 1 {
				title = fmt.Sprintf("%s, stage %d of %d", p.name, i+1, len(p.stages))
			}
			s.explain(&b, title)
		}
		if p.last != nil {
			p.last.explain(&b, p.name+", products that can be had in parts")
		}
	}
	return b.String()
}

func (c *code[T]) explain(b *strings.Builder, title string) {
	if len(c.phases) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s  (%s)\n", title, flops(c.work))
	for _, s := range c.phases {
		how := "one thread"
		if s.rows > 0 {
			how = fmt.Sprintf("%d rows split over the threads", s.rows)
		}
		fmt.Fprintf(b, "  phase, %s\n", how)
		for k, text := range s.notes {
			for _, g := range s.segments {
				if g.from == k && g.block > 0 {
					fmt.Fprintf(b, "    in blocks of %d rows:\n", g.block)
				}
			}
			fmt.Fprintf(b, "    %s\n", text)
		}
	}
}

func (u *Unit[T]) packedBytes() int {
	var zero T
	n := u.packed
	for _, p := range u.packs {
		n += p.k * p.n
	}
	return n * int(unsafe.Sizeof(zero))
}

func (u *Unit[T]) tempBytes() int {
	var zero T
	n := 0
	for _, w := range u.workers {
		for _, t := range w.temps {
			n += len(t)
		}
	}
	return n * int(unsafe.Sizeof(zero))
}

// note describes a group in one line.
func (c *compiler[T]) note(s *stagePlan[T], gr *group) string {
	if gr.final != nil {
		return fmt.Sprintf("add up the partial sums of %d sums", len(gr.final))
	}
	if !gr.fused {
		t := gr.tasks[0]
		return c.noteSingle(t)
	}
	var parts []string
	for _, t := range gr.tasks {
		v := t.value
		switch {
		case t.root != nil && t.root.Descend != nil:
			parts = append(parts, "descend "+t.root.Descend.Name)
		case t.root != nil:
			parts = append(parts, "store")
		case v.Op == OpUnary:
			parts = append(parts, v.Func.String())
		case v.Op == OpBinary:
			parts = append(parts, v.Binary.String())
		case v.Op == OpBroadcast:
			parts = append(parts, "repeat")
		default:
			parts = append(parts, "Σ")
		}
	}
	return fmt.Sprintf("fused loop %d×%d: %s", gr.space.rows, gr.space.cols, strings.Join(parts, " "))
}

func (c *compiler[T]) noteSingle(t *task) string {
	v := t.value
	switch {
	case t.root != nil:
		return "deliver a result"
	case v.Op == OpMatMul:
		text := "matrix product " + v.String()
		if c.packs[packKey{storage(v.Args[1]), v.TransB}] != nil && !v.TransA {
			text += ", packed weights"
		}
		return text
	case v.Op == OpForeign:
		return "fallback to Gorgonia: " + v.Name
	}
	return v.String()
}

func bytes(n int) string {
	switch {
	case n < 10<<10:
		return fmt.Sprintf("%d B", n)
	case n < 10<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

func flops(w float64) string {
	switch {
	case w < 1e4:
		return fmt.Sprintf("%.0f FLOP", w)
	case w < 1e7:
		return fmt.Sprintf("%.1f kFLOP", w/1e3)
	}
	return fmt.Sprintf("%.1f MFLOP", w/1e6)
}
