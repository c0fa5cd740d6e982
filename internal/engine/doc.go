// Package engine compiles expression graphs for the relaxation loop and runs them.
//
// It knows nothing of networks and, apart from the opaque functions of [Graph.Foreign],
// nothing of Gorgonia: package lower translates Gorgonia's graphs into a [Graph], and
// package graph decides which programs a [Source] has. [Compile] turns the programs into
// a [Unit], and Unit.RunProgram runs one of them.
//
// # The passes
//
// In order, each with its file and the invariant that it leaves. The first three run as
// every value is added to the graph, the others in Compile.
//
//   - simplify (simplify.go, reduce.go, coefficient.go, value.go) takes the value that
//     a caller asks for and returns an equal one that is cheaper. Scalar factors move
//     outwards, where they meet and fold; a broadcast is applied after the function of
//     its argument; a product and a row become a product with a bias. Afterwards: no
//     value has an argument that could have been simplified on its own.
//   - share (Graph.add) returns the value that is there already for the same operation on
//     the same arguments. Afterwards: equal values are one *Value, so that pointers
//     compare; and arguments come before their users in Graph.values.
//   - classify (Graph.add) gives a value the [Class] of its most volatile argument:
//     Parameter, Clamped or Free.
//   - hoist (compile.go) divides the values into sections: each stage of a program, and
//     two refreshes. A value that no free input reaches is computed at the refresh of
//     its class, once for many runs. Afterwards: a stage computes values of class Free
//     only.
//   - collect (schedule.go) makes the tasks of a section: one for each value to
//     compute, one for each [Root] to deliver, with their dependencies. Reshapes and
//     the broadcasts that a loop repeats by itself need no task. Afterwards: a root
//     that descends an input depends on every task that reads the input.
//   - schedule (schedule.go) gives each task a level. Afterwards: tasks of one level do
//     not depend on one another, except within a fused loop.
//   - fuse (fuse.go) groups the element-wise tasks of one level and one extent that
//     depend on one another; every other task is a separate group. Afterwards: a group
//     runs as one instruction.
//   - barriers (phase.go) cuts the groups into phases. Afterwards: within a phase, a
//     worker that computes rows lo … hi−1 of every group reads no row that another one
//     writes. A row of a phase, such as a sample, may be several of a group, such as the
//     places of an image.
//   - order (order.go) puts the groups of a phase depth first. Afterwards: a phase goes
//     over a network layer by layer.
//   - allocate (allocate.go, compile.go) gives values whose readers are in other groups
//     memory in one arena. Afterwards: two values share memory only if no phase needs
//     both, or if one phase does, at the same rows, one after the other.
//   - pack (matmul.go, convolution.go) chooses the weights that are laid out for the
//     kernels at a refresh: those that a loop multiplies with.
//   - generate (generate.go) makes the instructions of every phase. For a fused loop,
//     select (select.go) picks micro-operations, folds patterns such as c − a·b, and
//     gives values that only the loop reads a temporary of the worker; a loop that is
//     one tile keeps the arguments of its kernels (ready.go). Segment
//     (segment.go) divides a phase with convolutions so that it goes over the samples in
//     blocks.
//
// # An example
//
// The energy ½ Σ (y − tanh(x)·W)² of a batch of 64, with the gradient in the free x:
//
//	μ = tanh(x)·W     e = y − μ     g = −(1 − tanh² x) ⊙ (e·Wᵀ)     x ← x − step·g
//
// Simplify writes squares as products and takes −1 out of g; share finds tanh(x) once
// for both of its uses. No value is hoisted, because all depend on x, but W is packed
// at the refresh of parameters, as it is and transposed. Collect finds that x may move
// only after tanh(x) has been computed. Schedule sinks 1 − tanh² x from the level of
// tanh(x) to that of g; fuse makes three loops; and the barriers pass finds that all
// five groups split by samples, so that workers meet once, before the partial sums of
// the energy are added up. Explain prints the result:
//
//	refresh of parameters: hoisted values and packs  (0 FLOP)
//	  phase, 30 rows split over the threads
//	    pack w[30 10] as 30×10
//	  phase, 10 rows split over the threads
//	    pack w[30 10] as 10×30
//
//	relax  (90.2 kFLOP)
//	  phase, 64 rows split over the threads
//	    fused loop 64×30: tanh
//	    matrix product A·B[64 10], packed weights
//	    fused loop 64×10: − ⊙ Σ
//	    matrix product A·Bᵀ[64 30], packed weights
//	    fused loop 64×30: ⊙ − ⊙ ⊙ descend x
//	  phase, one thread
//	    add up the partial sums of 1 sums
//	    ⊙[]
//	    deliver a result
//
// # Samples
//
// Where no value of a program joins samples (samples.go, [Source.Interaction]), the
// first rows of its phases are those of the first samples, and Unit.Keep runs them
// alone: samples that have converged are exchanged to the end and cost nothing.
//
// # Running
//
// Workers split a phase by rows, that is, by samples. Every sum is taken in an order that
// does not depend on the number of workers, so results do not either, bit for bit.
//
// # Lanes
//
// [CompileLanes] runs many networks of one graph as one program: all passes are the
// same, but generate emits instructions in which every number is a vector over lanes
// (lanes.go). What fuses and what folds is therefore the same, and so are the bits.
//
// # A new operation
//
// It is a type of package ops with a Do, which is the tape's implementation and the
// reference; an operation without more runs in the engine through that Do, as a foreign
// one. To compile it, add a method of [Graph] and a type with the methods of primitive
// (pooling.go is an example), a case in primitiveInstr that returns its instruction,
// and a case in package lower, whose own_test.go compares both. An element-wise
// function of one variable needs none of this: a row in package ops, and one in
// internal/kernel/gen if it has a vector kernel.
package engine
