package train

import (
	"context"
	"reflect"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// contrastiveSession is the cached state of one batch size.
type contrastiveSession struct {
	free, second             *graph.Session // the same unless the outputs are clamped
	freeDriver, secondDriver *relax.Driver
	clamped, inputs, outputs []string
	terms                    []string // the energies of the outputs; none if clamped
	places                   []int    // of terms in those of the session
	energies                 []float64
	loss                     []float64
	evaluated                []float64
	equilibrium              []relax.Vector // the free activities at the end of the free phase
	gradients                []relax.Vector // of the phase before, by parameter
	phases                   []Phase
	made                     contrastiveSettings
}

// contrastiveSettings are the fields on which a session depends.
type contrastiveSettings struct {
	relax, second relax.Settings
	nudging       Nudging
}

func (s contrastiveSettings) equal(o contrastiveSettings) bool {
	return s.nudging == o.nudging && settings{relax: s.relax}.equal(settings{relax: o.relax}) &&
		settings{relax: s.second}.equal(settings{relax: o.second})
}

// open makes sessions and drivers.
func (s *contrastiveSession) open(net *graph.Network, b *Batch, r *Contrastive) (err error) {
	s.inputs = s.clamped
	if r.Nudging == Clamping {
		s.terms = nil
		s.inputs = slices.DeleteFunc(slices.Clone(s.clamped), func(n string) bool { return slices.Contains(s.outputs, n) })
	}
	if s.free, err = net.Session(b.Size, graph.Roles{Clamped: s.inputs, Training: true}); err != nil {
		return errors.WithMessage(err, "train: contrastive: free phase")
	}
	s.second = s.free
	if r.Nudging == Clamping {
		if s.second, err = net.Session(b.Size, graph.Roles{Clamped: s.clamped, Training: true}); err != nil {
			return errors.WithMessage(err, "train: contrastive: clamped phase")
		}
	}
	if s.freeDriver, err = relax.NewDriver(s.free, r.Relax); err != nil {
		return errors.WithMessage(err, "train: contrastive: free phase")
	}
	s.secondDriver = s.freeDriver
	if second := r.Second; second.Steps != 0 || s.second != s.free {
		if second.Steps == 0 {
			recorder := r.Relax.Recorder
			second = r.Relax
			second.Recorder = nil
			second = copyValue(reflect.ValueOf(second)).Interface().(relax.Settings) // a solver of its own
			second.Recorder = recorder
		}
		if s.secondDriver, err = relax.NewDriver(s.second, second); err != nil {
			return errors.WithMessage(err, "train: contrastive: second phase")
		}
	}
	s.energies = make([]float64, len(s.free.Terms()))
	s.loss, s.evaluated = make([]float64, len(s.terms)), make([]float64, len(s.energies))
	for _, name := range s.terms {
		s.places = append(s.places, slices.Index(s.free.Terms(), name))
	}
	for _, a := range s.free.Activities() {
		s.equilibrium = append(s.equilibrium, a.X.MakeLike())
	}
	for _, p := range net.Params() {
		s.gradients = append(s.gradients, p.Grads().MakeLike())
	}
	return nil
}

// nudge sets the coefficient of the loss.
func (s *contrastiveSession) nudge(beta float64) error {
	for _, name := range s.terms {
		if err := s.free.SetCoefficient(name, beta); err != nil {
			return errors.WithMessage(err, "train: contrastive: Nudge")
		}
	}
	return nil
}

// nudged relaxes a nudged phase and fills the gradients there.
func (s *contrastiveSession) nudged(ctx context.Context, name string, beta float64) error {
	if err := s.nudge(beta); err != nil {
		return err
	}
	if err := s.relax(ctx, name, s.secondDriver); err != nil {
		return err
	}
	_, err := s.second.Learn(s.energies)
	return s.at(err)
}

// relax relaxes one phase from where the activities are.
func (s *contrastiveSession) relax(ctx context.Context, name string, d *relax.Driver) error {
	result, err := d.Run(ctx)
	s.phases = append(s.phases, Phase{name, result})
	if err != nil {
		return errors.WithMessagef(err, "train: contrastive: %s phase", name)
	}
	return nil
}

// at adds the last step to an error of a state that is not finite.
func (s *contrastiveSession) at(err error) error {
	if err == nil {
		return nil
	}
	if e := new(relax.NonFiniteError); errors.As(err, &e) {
		e.Step = s.phases[len(s.phases)-1].Relaxation.Steps
	}
	return err
}

// combined is the relaxation of all phases.
func (s *contrastiveSession) combined() relax.Result {
	if len(s.phases) == 0 {
		return relax.Result{}
	}
	out := s.phases[0].Relaxation
	for _, p := range s.phases[1:] {
		out.Steps += p.Relaxation.Steps
		out.Evaluations += p.Relaxation.Evaluations
		out.MeanSteps += p.Relaxation.MeanSteps
		if out.Status == relax.Converged {
			out.Status = p.Relaxation.Status
		}
	}
	return out
}

// lossOf evaluates the loss at the free equilibrium, and leaves its coefficient at 1.
func (s *contrastiveSession) lossOf() (total float64, err error) {
	if err := s.nudge(1); err != nil {
		return 0, err
	}
	if _, err := s.free.Evaluate(s.evaluated); err != nil {
		return 0, err
	}
	for i, k := range s.places {
		s.loss[i] = 0
		if k >= 0 { // amortised predictions have no energy
			s.loss[i] = s.evaluated[k]
		}
		total += s.loss[i]
	}
	return total, nil
}

// distance is ½Σ(target − output)² at the free equilibrium.
func (s *contrastiveSession) distance(b *Batch) (sum float64) {
	for _, a := range s.free.Activities() {
		if !slices.Contains(s.outputs, a.Name) {
			continue
		}
		for i, target := range b.Values[a.Name] {
			d := float64(target) - a.X.At(i)
			sum += d * d / 2
		}
	}
	return sum
}

// clampOutputs starts the clamped phase at the free equilibrium. The outputs are at the
// target since begin.
func (s *contrastiveSession) clampOutputs() {
	for _, to := range s.second.Activities() {
		for _, from := range s.free.Activities() {
			if from.Name == to.Name {
				to.X.CopyFrom(from.X)
			}
		}
	}
}

// keep copies the gradients, which the next phase overwrites.
func (s *contrastiveSession) keep(net *graph.Network) {
	for i, p := range net.Params() {
		s.gradients[i].CopyFrom(p.Grads())
	}
}

// contrast subtracts the kept gradients and multiplies by scale.
func (s *contrastiveSession) contrast(net *graph.Network, scale float64) {
	for i, p := range net.Params() {
		g := p.Grads()
		g.AddScaled(-1, s.gradients[i])
		if scale != 1 {
			g.Scale(scale)
		}
	}
}
