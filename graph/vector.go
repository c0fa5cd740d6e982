package graph

import (
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// vector returns a view of the elements of a dense tensor.
func vector(d *tensor.Dense) relax.Vector {
	switch data := d.Data().(type) {
	case []float32:
		return relax.Float32(data)
	case []float64:
		return relax.Float64(data)
	case float32: // Data of a tensor without axes
		return relax.Float32([]float32{data})
	case float64:
		return relax.Float64([]float64{data})
	}
	return relax.Vector{}
}
