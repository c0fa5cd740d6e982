package engine

import "fmt"

// primitive is an operation with its own instruction. String must contain every
// parameter: it identifies equal operations, which are built once.
type primitive interface {
	fmt.Stringer
	// rows is the number of rows that workers share.
	rows(v *Value) int
	// local reports whether row r of the result depends on row r of argument i only,
	// and both have the same number of rows.
	local(v *Value, i int) bool
	// work estimates the number of floating-point operations.
	work(v *Value) float64
}

// perSample is embedded by operations that compute every sample (row) independently.
type perSample struct{}

func (perSample) rows(v *Value) int      { return v.Shape[0] }
func (perSample) local(*Value, int) bool { return true }
func (perSample) work(v *Value) float64  { return float64(v.Size()) }

// shared is embedded by operations whose result rows are computed independently, each
// possibly from all rows of the arguments.
type shared struct{}

func (shared) rows(v *Value) int      { return v.Shape[0] }
func (shared) local(*Value, int) bool { return false }
func (shared) work(v *Value) float64 {
	n := 0
	for _, a := range v.Args {
		n += a.Size()
	}
	return float64(n)
}

// primitive adds the value of an operation.
func (g *Graph) primitive(p primitive, shape []int, args ...*Value) *Value {
	return g.add(&Value{Op: OpPrimitive, Shape: shape, Args: args, Primitive: p})
}

// linear adds the value of an operation that is linear in argument i: a scalar factor
// moves out of it and merges with others.
func (g *Graph) linear(p primitive, shape []int, i int, args ...*Value) *Value {
	x, c, ok := scaled(args[i])
	if !ok {
		return g.primitive(p, shape, args...)
	}
	args[i] = x
	return g.Binary(Mul, g.linear(p, shape, i, args...), c)
}

// elsewhere reports whether the task reads operand i at other rows than it computes.
func (t *task) elsewhere(i int) bool {
	if t.root != nil {
		return false
	}
	switch t.value.Op {
	case OpMatMul:
		return i > 0
	case OpPrimitive:
		return !t.value.Primitive.local(t.value, i)
	}
	return false
}

// primitiveInstr emits the instruction of a primitive.
func primitiveInstr[T float](c *compiler[T], s *stagePlan[T], v *Value) instr[T] {
	dst := c.mem(s, v)
	args := make([][]T, len(v.Args))
	for i, a := range v.Args {
		args[i] = c.mem(s, a)
	}
	switch p := v.Primitive.(type) {
	case convolution:
		return c.convolution(s, v, p)
	case convolutionWeight:
		return newConvWeight(v, p, dst, args)
	case pooling:
		return newPool(v, p, dst, args)
	case channels:
		return newChannelwise(v, p, dst, args)
	case channelSums:
		return newChannelSums(v, dst, args)
	case normalization:
		return newNormalize(v, p, dst, args)
	case rowSoftmax:
		return newRowSoftmax(v, p, dst, args)
	case batchProduct:
		return newBatchProduct(v, p, dst, args)
	case permutation:
		return newPermute(v, p, dst, args)
	case joining:
		return newJoin(v, p, dst, args)
	case table:
		return newTable(v, p, dst, args)
	}
	panic(fmt.Sprintf("engine: no instruction for %v", v))
}
