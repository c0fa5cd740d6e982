package train

import (
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/safetensors"
	"github.com/seed-be841da4/prospect/relax"
)

// defaultWarmStartMemory is the bound of what a warm start keeps, in bytes.
const defaultWarmStartMemory = 2 << 30

// warmStart keeps, for every sample of a data set, how far its last relaxation moved it:
// the activities at the end less those at the start of a feedforward pass, or the errors
// in error coordinates. Numbers are bfloat16: they have the range of a float32, so that
// none overflows, and an error of at most 2⁻⁸ of a displacement is far below what a
// relaxation moves in its first step.
type warmStart struct {
	size    int // numbers of a sample
	samples int // of the data set; 0: not known
	limit   int64
	known   []bool // by sample
	data    []byte // by sample: numbers, 2 bytes each

	// What the last update is to leave, once it has been learned.
	indices []int
	numbers []byte
	update  uint64 // the update counter if it was learned
	pending bool
}

const warmBytes = 2 // of a number

// bind checks that the samples of a batch can be told apart and fit the memory.
func (w *warmStart) bind(b *Batch, activities []relax.Activity) error {
	size := 0
	for _, a := range activities {
		size += a.Width()
	}
	if len(b.Indices) != b.Size {
		return errors.Errorf("train: prospective: WarmStart: batch, got %d places of samples in their data set, want %d, one for each; use a source of a dataset, or leave WarmStart out", len(b.Indices), b.Size)
	}
	if w.size != 0 && w.size != size {
		return errors.Errorf("train: prospective: WarmStart: network, got %d activities of a sample, want the %d of before; use a new rule", size, w.size)
	}
	w.size = size
	samples := max(w.samples, 1+slices.Max(b.Indices))
	if slices.Min(b.Indices) < 0 {
		return errors.Errorf("train: prospective: WarmStart: batch, got sample %d, want places of at least 0", slices.Min(b.Indices))
	}
	if samples <= len(w.known) {
		return nil
	}
	need := int64(samples) * int64(size*warmBytes+1)
	if limit := w.limit; need > limit {
		return errors.Errorf("train: prospective: WarmStart: memory, got %s for %d samples of %d activities, want at most %s; raise WarmStartMemory, or leave WarmStart out", inBytes(need), samples, size, inBytes(limit))
	}
	if w.samples == 0 && samples > 1 { // grow by steps
		most := w.limit / int64(size*warmBytes+1)
		samples = int(min(most, int64(max(samples, 2*len(w.known)))))
	}
	w.known = append(w.known, make([]bool, samples-len(w.known))...)
	data := make([]byte, samples*size*warmBytes)
	copy(data, w.data)
	w.data = data
	return nil
}

// begin copies the activities to start, and moves those of the samples that were relaxed
// before.
func (w *warmStart) begin(b *Batch, activities []relax.Activity, start []relax.Vector) {
	for i, a := range activities {
		start[i].CopyFrom(a.X)
	}
	for row, n := range b.Indices {
		if !w.known[n] {
			continue
		}
		from := w.data[n*w.size*warmBytes:]
		for _, a := range activities {
			x, _ := a.Sample(row)
			for i := range x.Len() {
				x.Set(i, x.At(i)+fromBF16(from))
				from = from[warmBytes:]
			}
		}
	}
}

// end notes how far a batch was moved from start. It counts if the batch is learned,
// which the update counter then tells.
func (w *warmStart) end(b *Batch, activities []relax.Activity, start []relax.Vector, update uint64) {
	w.indices = append(w.indices[:0], b.Indices...)
	w.numbers = w.numbers[:0]
	for row := range b.Size {
		for i, a := range activities {
			x, _ := a.Sample(row)
			from := start[i].Slice(row*x.Len(), (row+1)*x.Len())
			for k := range x.Len() {
				w.numbers = appendBF16(w.numbers, x.At(k)-from.At(k))
			}
		}
	}
	w.update, w.pending = update, true
}

// settle keeps what the last batch left, if it was learned.
func (w *warmStart) settle(update uint64) {
	if w.pending && w.update == update {
		n := w.size * warmBytes
		for row, at := range w.indices {
			copy(w.data[at*n:(at+1)*n], w.numbers[row*n:])
			w.known[at] = true
		}
	}
	w.pending = false
}

// startWarm prepares the warm start of a batch.
func (p *Prospective) startWarm(s *prospectiveSession, b *Batch) error {
	if p.warm == nil {
		p.warm = &warmStart{}
	}
	p.warm.samples, p.warm.limit = p.samples, p.WarmStartMemory
	if p.warm.limit == 0 {
		p.warm.limit = defaultWarmStartMemory
	}
	activities := s.moved()
	if err := p.warm.bind(b, activities); err != nil {
		return err
	}
	if s.start == nil {
		for _, a := range activities {
			s.start = append(s.start, a.X.MakeLike())
		}
	}
	p.warm.begin(b, activities, s.start)
	return nil
}

// warmed is a rule with a warm start, or one around it.
type warmed interface {
	// warmRule returns the rule, nil if it starts cold.
	warmRule() *Prospective
}

// warmRuleOf returns the rule with a warm start that a rule is or contains, or nil.
func warmRuleOf(rule Rule) *Prospective {
	if r, ok := rule.(warmed); ok {
		return r.warmRule()
	}
	return nil
}

func (p *Prospective) warmRule() *Prospective {
	if !p.WarmStart {
		return nil
	}
	return p
}

func (r *Repeated) warmRule() *Prospective {
	return warmRuleOf(r.Rule)
}

// sized is a source that knows the number of samples of its data set.
type sized interface{ samples() int }

// samplesOf returns the number of samples of a source, 0 if it does not say.
func samplesOf(src Source) int {
	if s, ok := src.(sized); ok {
		return s.samples()
	}
	return 0
}

// The names of the tensors in the file of a warm start.
const (
	warmKnown = "known"
	warmData  = "displacement_bf16"
)

// writeWarmStart writes what a rule keeps of its relaxations, and reports whether there
// is anything.
func writeWarmStart(dir string, rule Rule) (bool, error) {
	p := warmRuleOf(rule)
	if p == nil || p.warm == nil || p.warm.size == 0 {
		return false, nil
	}
	w := p.warm
	w.settle(p.updates)
	return true, safetensors.WriteFile(filepath.Join(dir, warmFile), safetensors.File{Tensors: []safetensors.Tensor{
		{Name: warmKnown, Shape: []int{len(w.known)}, Bool: w.known},
		{Name: warmData, Shape: []int{len(w.known), w.size * warmBytes}, U8: w.data},
	}})
}

// readWarmStart reads what writeWarmStart wrote.
func readWarmStart(dir string) (*warmStart, error) {
	path := filepath.Join(dir, warmFile)
	f, err := safetensors.ReadFile(path)
	if err != nil {
		return nil, errors.WithMessage(err, "train: checkpoint")
	}
	w := &warmStart{}
	for _, t := range f.Tensors {
		switch {
		case t.Name == warmKnown && t.Bool != nil:
			w.known = t.Bool
		case t.Name == warmData && t.U8 != nil && len(t.Shape) == 2 && t.Shape[1]%warmBytes == 0:
			w.data, w.size = t.U8, t.Shape[1]/warmBytes
		}
	}
	if w.size == 0 || len(w.data) != len(w.known)*w.size*warmBytes {
		return nil, errors.Errorf("train: checkpoint: %s: got %d bytes for %d samples, want those of a warm start; use another checkpoint", path, len(w.data), len(w.known))
	}
	for i := 0; i < len(w.data); i += warmBytes {
		if x := fromBF16(w.data[i:]); x-x != 0 {
			return nil, errors.Errorf("train: checkpoint: %s: number %d, got %v, want a finite one; use another checkpoint", path, i/warmBytes, x)
		}
	}
	return w, nil
}

// inBytes writes a size of memory.
func inBytes(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d bytes", n)
}

// appendBF16 appends the nearest bfloat16, ties to even.
func appendBF16(dst []byte, x float64) []byte {
	bits := math.Float32bits(float32(x))
	bits += 0x7fff + bits>>16&1
	return binary.LittleEndian.AppendUint16(dst, uint16(bits>>16))
}

func fromBF16(b []byte) float64 {
	return float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16))
}
