// Command gen writes the assembly kernels of internal/kernel with avo: every kernel for
// AVX-512 and for AVX2+FMA, in float32 and (where it pays) float64, with the Go
// declarations and the dispatch that go with them. Run it by go generate in
// internal/kernel.
//
// It uses avo's intermediate representation directly rather than avo/build, because the
// kernels are parametrised by element type and vector width, so instructions are picked
// from tables.
package main

import (
	"log"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("gen: ")
	var decls []decl
	for _, isa := range []isa{avx512, avx2} {
		for _, ty := range []elem{f32, f64} {
			tag := ty.name() + "_" + strings.ToLower(isa.name())
			g := newUnit(isa, ty)
			decls = append(decls, genGemm(g)...)
			g.write("gemm_" + tag + "_amd64.s")

			l := newUnit(isa, ty)
			decls = append(decls, genLines(l)...)
			l.write("lines_" + tag + "_amd64.s")

			p := newUnit(isa, ty)
			decls = append(decls, genPlanes(p)...)
			p.write("planes_" + tag + "_amd64.s")

			n := newUnit(isa, ty)
			decls = append(decls, genLanes(n)...)
			n.write("lanes_" + tag + "_amd64.s")

			v := newUnit(isa, ty)
			decls = append(decls, genVector(v)...)
			v.write("vector_" + tag + "_amd64.s")
		}
	}
	writeStubs("stubs_amd64.go", decls)
	writeDispatch("dispatch_amd64.go", decls)
	writeOps("ops.go")
}
