package graph

import (
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// vector returns a view of the elements of a dense tensor.
func vector(d *tensor.Dense) relax.Vector {
	switch t := d.Dtype(); { // Data would allocate
	case !d.IsScalar() && t == tensor.Float32:
		return relax.Float32(d.Float32s())
	case !d.IsScalar() && t == tensor.Float64:
		return relax.Float64(d.Float64s())
	}
	switch data := d.Data().(type) { // of a tensor without axes
	case float32:
		return relax.Float32([]float32{data})
	case float64:
		return relax.Float64([]float64{data})
	}
	return relax.Vector{}
}
