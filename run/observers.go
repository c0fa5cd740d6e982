package run

import (
	"github.com/seed-be841da4/prospect/train"
)

// Observers are several observers, told in order.
type Observers []Observer

// View implements [Viewer].
func (o Observers) View(v *View) error {
	return o.each(func(x Observer) error {
		if viewer, ok := x.(Viewer); ok {
			return viewer.View(v)
		}
		return nil
	})
}

// Start implements [Observer].
func (o Observers) Start(total, done int) error {
	return o.each(func(x Observer) error { return x.Start(total, done) })
}

// Update implements [Observer].
func (o Observers) Update(p train.Progress) error {
	return o.each(func(x Observer) error { return x.Update(p) })
}

// Epoch implements [Observer].
func (o Observers) Epoch(e Epoch) error {
	return o.each(func(x Observer) error { return x.Epoch(e) })
}

// End implements [Ender].
func (o Observers) End(last Epoch, err error) error {
	return o.each(func(x Observer) error {
		if ender, ok := x.(Ender); ok {
			return ender.End(last, err)
		}
		return nil
	})
}

func (o Observers) each(f func(Observer) error) error {
	for _, x := range o {
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

// Viewer is an [Observer] that looks at the network, and not at numbers alone.
type Viewer interface {
	Observer
	// View is called before Start, with what may be read, and not written, in any later
	// call of the observer.
	View(v *View) error
}

// Ender is an [Observer] that is told of the end.
type Ender interface {
	Observer
	// End is called once at the end, with the result or with what ended the run: after an
	// interrupt errors.Is(err, context.Canceled) holds. Its own error is that of the run
	// if err is nil.
	End(last Epoch, err error) error
}

// View is a run or a job in progress.
type View struct {
	// Dir is its directory, Trainer what trains in it.
	Dir     string
	Trainer *train.Trainer
	// Manifest, Net and Test are those of a [Run], nil for a [Job] that is none. Test are
	// the test data, in their own order.
	Manifest *Manifest
	Net      *Network
	Test     train.Source
}
