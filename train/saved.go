package train

import "gorgonia.org/tensor"

// saved is a copy of tensors, to restore their values.
type saved struct {
	tensors []*tensor.Dense
	single  [][]float32 // by tensor; nil for one of float64
	double  [][]float64
}

// save copies tensors.
func save(tensors ...*tensor.Dense) saved {
	var s saved
	for _, t := range tensors {
		s.add(t)
	}
	return s
}

// reset drops the copies but keeps the memory.
func (s *saved) reset() { s.tensors = s.tensors[:0] }

// add copies one more tensor, reusing the memory of an earlier copy.
func (s *saved) add(t *tensor.Dense) {
	k := len(s.tensors)
	s.tensors = append(s.tensors, t)
	if len(s.single) == k {
		s.single, s.double = append(s.single, nil), append(s.double, nil)
	}
	if t.Dtype() == tensor.Float32 {
		s.single[k] = append(s.single[k][:0], t.Float32s()...)
	} else {
		s.double[k] = append(s.double[k][:0], t.Float64s()...)
	}
}

// restore writes the values back.
func (s *saved) restore() {
	for k, t := range s.tensors {
		if t.Dtype() == tensor.Float32 {
			copy(t.Float32s(), s.single[k])
		} else {
			copy(t.Float64s(), s.double[k])
		}
	}
}
