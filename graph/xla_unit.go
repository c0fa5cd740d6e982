package graph

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/hlo"
	"github.com/seed-be841da4/prospect/internal/lower"
	"github.com/seed-be841da4/prospect/internal/pjrt"
)

// xlaUnit is a lowered module on a device: a program for each job.
type xlaUnit struct {
	module   Module
	engine   XLA
	device   *pjrt.Device
	source   engine.Source
	programs []*xlaProgram
	resident map[*engine.Value]*pjrt.Buffer // copies of inputs that are not free and not shared
}

// xlaProgram is a job on a device.
type xlaProgram struct {
	name     string
	text     string
	inputs   []*engine.Value // the arguments, in order; the size of a step follows
	steps    bool            // there is a size of a step
	arrays   []engine.Root   // the results that are stored, in order
	scalars  []*float64      // the destinations of the numbers in the last result
	exe      *pjrt.Executable
	received any // of the scalars
}

// inputsOf lists the inputs and coefficients on which roots depend, each once.
func inputsOf(stages []engine.Stage) (list []*engine.Value) {
	seen := map[*engine.Value]bool{}
	var visit func(v *engine.Value)
	visit = func(v *engine.Value) {
		if v == nil || seen[v] {
			return
		}
		seen[v] = true
		if v.Op == engine.OpInput || v.Op == engine.OpCoefficient {
			list = append(list, v)
		}
		for _, a := range v.Args {
			visit(a)
		}
	}
	for _, stage := range stages {
		for _, r := range stage {
			visit(r.Value)
			visit(r.Descend)
		}
	}
	return list
}

// write writes the text of a program.
func (u *xlaUnit) write(p engine.Program) (*xlaProgram, error) {
	b := u.engine.builder(u.module.Precision)
	x := &xlaProgram{name: p.Name, inputs: inputsOf(p.Stages)}
	scope := b.Main()
	for _, in := range x.inputs {
		scope.Bind(in, b.Argument(hlo.Type{Element: b.Element, Shape: in.Shape}))
	}
	size := b.Argument(hlo.Type{Element: b.Element})
	var results, numbers []hlo.Ref
	for _, stage := range p.Stages {
		out := make([]hlo.Ref, len(stage))
		for i, r := range stage {
			v, err := scope.Value(r.Value)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		next := scope.Inner()
		for i, r := range stage {
			switch {
			case r.Scalar != nil:
				numbers, x.scalars = append(numbers, scope.Reshape(out[i], []int{1})), append(x.scalars, r.Scalar)
				continue
			case r.Descend != nil:
				before, err := scope.Value(r.Descend)
				if err != nil {
					return nil, err
				}
				out[i] = scope.Sub(before, scope.Mul(out[i], size))
				r.Store = u.source.Memory[r.Descend.Input]
				x.steps = true
			}
			results, x.arrays = append(results, out[i]), append(x.arrays, r)
			for _, in := range x.inputs {
				if in.Op == engine.OpInput && lower.SameMemory(u.source.Memory[in.Input], r.Store) {
					next.Bind(in, scope.Reshape(out[i], in.Shape))
				}
			}
		}
		scope = next
	}
	if len(numbers) > 0 {
		results = append(results, b.Main().Concatenate(numbers))
		x.received = make([]float32, len(numbers))
		if u.module.Precision == Float64 {
			x.received = make([]float64, len(numbers))
		}
	}
	if len(results) == 0 {
		return x, nil
	}
	x.text = b.Module(p.Name, results...)
	return x, nil
}

// Refresh forgets the copies of what may have changed.
func (u *xlaUnit) Refresh(parameters bool) error {
	for in, b := range u.resident {
		if parameters || in.Class() != engine.Parameter {
			b.Close()
			delete(u.resident, in)
		}
	}
	return nil
}

// RunProgram runs a job.
func (u *xlaUnit) RunProgram(i int) error { return u.StepProgram(i, 0) }

// StepProgram runs a job whose outputs descend by a size.
func (u *xlaUnit) StepProgram(i int, size float64) error {
	p := u.programs[i]
	if p.text == "" {
		return nil
	}
	err := u.run(p, size)
	return errors.WithMessagef(err, "graph: xla: program %q", p.name)
}

func (u *xlaUnit) run(p *xlaProgram, size float64) error {
	if p.exe == nil {
		var err error
		if p.exe, err = compileFor(p.text, u.device); err != nil {
			return err
		}
	}
	args, mine, err := u.arguments(p, size)
	defer closeAll(mine)
	if err != nil {
		return err
	}
	out, err := p.exe.Run(args)
	if err != nil {
		return err
	}
	defer closeAll(out)
	for i, r := range p.arrays {
		if err := out[i].Download(r.Store); err != nil {
			return err
		}
	}
	if len(p.scalars) == 0 {
		return nil
	}
	if err := out[len(p.arrays)].Download(p.received); err != nil {
		return err
	}
	for i, dst := range p.scalars {
		*dst = at(p.received, i)
	}
	return nil
}

// at returns an element of a slice of either precision.
func at(numbers any, i int) float64 {
	if x, ok := numbers.([]float32); ok {
		return float64(x[i])
	}
	return numbers.([]float64)[i]
}

func closeAll(buffers []*pjrt.Buffer) {
	for _, b := range buffers {
		b.Close()
	}
}

// arguments returns the arguments of a program; those that are only for this run are
// listed again.
func (u *xlaUnit) arguments(p *xlaProgram, size float64) (args, mine []*pjrt.Buffer, err error) {
	for _, in := range p.inputs {
		b, own, err := u.argument(in)
		if own {
			mine = append(mine, b)
		}
		if err != nil {
			return nil, mine, err
		}
		args = append(args, b)
	}
	b, err := u.number(size)
	return append(args, b), append(mine, b), err
}

// argument returns the copy of an input, and whether it is only for this run.
func (u *xlaUnit) argument(in *engine.Value) (b *pjrt.Buffer, own bool, err error) {
	if in.Op == engine.OpInput {
		if t := u.shared(in); t != nil {
			c, err := u.module.network.mirrors.get(t, *u.module.network.version, []*pjrt.Device{u.device})
			if err != nil {
				return nil, false, err
			}
			return c.buffers[0], false, nil
		}
		if in.Class() == engine.Free {
			b, err = u.device.Upload(u.source.Memory[in.Input], in.Shape)
			return b, true, err
		}
	}
	if b, ok := u.resident[in]; ok {
		return b, false, nil
	}
	if in.Op == engine.OpCoefficient {
		b, err = u.number(*in.Source())
	} else {
		b, err = u.device.Upload(u.source.Memory[in.Input], in.Shape)
	}
	if err != nil {
		return nil, false, err
	}
	if u.resident == nil {
		u.resident = map[*engine.Value]*pjrt.Buffer{}
	}
	u.resident[in] = b
	return b, false, nil
}

// shared returns the tensor of an input that all modules of the network share, or nil.
func (u *xlaUnit) shared(in *engine.Value) *tensor.Dense {
	if u.module.network == nil {
		return nil
	}
	for _, i := range u.module.Inputs {
		if i.Kind == ParameterInput && lower.SameMemory(i.Tensor.Data(), u.source.Memory[in.Input]) {
			return i.Tensor
		}
	}
	return nil
}

// number copies a number to the device.
func (u *xlaUnit) number(x float64) (*pjrt.Buffer, error) {
	if u.module.Precision == Float64 {
		return u.device.Upload([]float64{x}, nil)
	}
	return u.device.Upload([]float32{float32(x)}, nil)
}

// compileFor compiles a program for devices, unless their memory is too small for it.
func compileFor(text string, devices ...*pjrt.Device) (*pjrt.Executable, error) {
	exe, err := pjrt.Compile(text, devices...)
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		m, err := d.Memory()
		if err != nil {
			exe.Close()
			return nil, err
		}
		// The arguments may be on the device already.
		if need := exe.Memory().Total() - exe.Memory().Arguments; m.Limit > 0 && need > m.Limit-m.Used {
			exe.Close()
			return nil, errors.Errorf("memory of device %d, %s: got %s free of %s, want %s; take a smaller batch or a smaller network", d.ID, d.Kind, bytes(m.Limit-m.Used), bytes(m.Limit), bytes(need))
		}
	}
	return exe, nil
}

// bytes writes a number of bytes.
func bytes(n int64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// Work returns 0: the plugin counts no operations.
func (*xlaUnit) Work(int) float64 { return 0 }

// Explain describes the device and the programs.
func (u *xlaUnit) Explain() string {
	var b strings.Builder
	c := u.device.Client
	fmt.Fprintf(&b, "runs on device %d of platform %s, %s, by the plugin %s (interface %s)\n", u.device.ID, c.Platform, u.device.Kind, c.Plugin.Path, c.Plugin.Version())
	fmt.Fprintf(&b, "products  %v\n", u.engine.Products)
	for _, p := range u.programs {
		switch {
		case p.text == "":
			continue
		case p.exe == nil:
			fmt.Fprintf(&b, "\n%s  %d statements, compiled when it first runs\n", p.name, strings.Count(p.text, " = "))
			continue
		}
		m := p.exe.Memory()
		fmt.Fprintf(&b, "\n%s  %d statements; arguments %s, results %s, temporary %s\n", p.name, strings.Count(p.text, " = "), bytes(m.Arguments), bytes(m.Outputs), bytes(m.Temporary))
	}
	n := pjrt.Live()
	fmt.Fprintf(&b, "\non the device now  %d arrays, %d programs\n", n.Buffers, n.Executables)
	b.WriteString("\n" + launchText(u.module.network))
	b.WriteString("\nfallbacks  none\n")
	return b.String()
}

// launchText says what is one launch.
func launchText(n *Network) string {
	if n != nil && n.part != nil {
		return "relaxations and updates step by step: several processes share a batch\n"
	}
	return "relaxations   one launch, with Euler, momentum or Adam, a constant, discounted or\n" +
		"  backtracking step size, and a test of the gradient or none; else step by step\n" +
		"updates       one launch, by backpropagation or pc in activities, with SGD, Momentum,\n" +
		"  Adam or AdamW; else a launch for each job, and the optimizer's step on the host\n" +
		"epochs        up to 256 such updates one launch, of batches gathered from a data set on\n" +
		"  the device; a launch each if the data are changed on the host, do not fit into half\n" +
		"  of its memory, or a hook is called after every update\n"
}
