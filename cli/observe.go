package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/train"
)

// epochLines tells the result of an epoch, and below it how it went.
func epochLines(e run.Epoch, s run.Settings) string {
	return fmt.Sprintf("epoch %d of %d  energy %.4g  test %s  %.1f s", e.Epoch, e.Epochs, e.TrainEnergy, tested(e), e.TrainSeconds) +
		fill(observed(e, s))
}

// tested tells the result of a test: the accuracy, or of a network without labels
// the squared error.
func tested(e run.Epoch) string {
	if e.TestR2 != nil {
		return fmt.Sprintf("R² %.4f", *e.TestR2)
	}
	if e.TestError == nil {
		return fmt.Sprintf("squared error %.4g", e.TestSquaredError)
	}
	return fmt.Sprintf("accuracy %.2f %%", 100*(1-*e.TestError))
}

// lineObserver writes plain lines: one for each epoch and, in a long epoch, one
// every few seconds.
type lineObserver struct {
	w        io.Writer
	settings run.Settings
	total    int
	last     time.Time
}

// lineEvery is the time between two lines within an epoch.
const lineEvery = 10 * time.Second

// Start implements run.Observer.
func (o *lineObserver) Start(total, done int) error {
	o.total, o.last = total, time.Now()
	text := heading(o.settings)
	if done > 0 {
		text += fmt.Sprintf(", from update %d", done)
	}
	_, err := fmt.Fprintln(o.w, text)
	return err
}

// Update implements run.Observer.
func (o *lineObserver) Update(p train.Progress) error {
	if time.Since(o.last) < lineEvery {
		return nil
	}
	o.last = time.Now()
	_, err := fmt.Fprintf(o.w, "update %d of %d  energy %.4g\n", p.Updates, o.total, p.MeanEnergy())
	return err
}

// Epoch implements run.Observer.
func (o *lineObserver) Epoch(e run.Epoch) error {
	o.last = time.Now()
	_, err := fmt.Fprintln(o.w, epochLines(e, o.settings))
	return err
}

// barObserver draws a progress bar on a terminal, and a line for each epoch
// above it.
type barObserver struct {
	w        io.Writer
	settings run.Settings
	bar      *progressbar.ProgressBar
}

// Start implements run.Observer.
func (o *barObserver) Start(total, done int) error {
	if _, err := fmt.Fprintln(o.w, heading(o.settings)); err != nil {
		return err
	}
	o.bar = newBar(o.w, int64(total))
	return o.bar.Set(done)
}

// Update implements run.Observer.
func (o *barObserver) Update(p train.Progress) error {
	o.bar.Describe(fmt.Sprintf("energy %-8.4g", p.MeanEnergy()))
	return o.bar.Set(p.Updates)
}

// Epoch implements run.Observer.
func (o *barObserver) Epoch(e run.Epoch) error {
	if err := o.bar.Clear(); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(o.w, epochLines(e, o.settings)); err != nil {
		return err
	}
	if e.Epoch == e.Epochs {
		return nil
	}
	return o.bar.RenderBlank()
}

// Write writes a message above the bar.
func (o *barObserver) Write(message []byte) (int, error) {
	if o.bar != nil {
		if err := o.bar.Clear(); err != nil {
			return 0, err
		}
	}
	return o.w.Write(message)
}

// abandon ends the line of a bar that is not going to be full, so that what
// comes next has a line of its own.
func (o *barObserver) abandon() {
	if o.bar != nil && !o.bar.IsFinished() {
		fmt.Fprintln(o.w)
	}
}

// newBar returns a progress bar that clears itself at its end.
func newBar(w io.Writer, total int64, more ...progressbar.Option) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total, append([]progressbar.Option{
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionUseANSICodes(true),
	}, more...)...)
}
