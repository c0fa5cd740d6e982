package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestBadCommandLine gives command lines that cannot be right.
func TestBadCommandLine(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"", "train"},
		{"tarin", "tarin"},
		{"train extra", "extra"},
		{"train --stepz 3", "--steps"},
		{"train --steps", "--steps"},
		{"train --steps many", "--steps"},
		{"train --steps 0", "--steps, got 0, want 1"},
		{"train --steps=-3", "--steps, got -3"},
		{"train --steps 99999999999999999999", "--steps"},
		{"train --step-size 0", "--step-size, got 0"},
		{"train --step-size NaN", "--step-size, got NaN"},
		{"train --step-size +Inf", "--step-size, got +Inf"},
		{"train --step-discount 1.5", "--step-discount, got 1.5"},
		{"train --step-discount 0", "--step-discount, got 0"},
		{"train --steps 1 --weight-state before-last", "before-last"},
		{"train --weight-state first", "want last or before-last"},
		{"train --batch 0", "--batch, got 0"},
		{"train --epochs 0", "--epochs, got 0"},
		{"train --limit-batches=-1", "--limit-batches, got -1"},
		{"train --train-per-class=-1", "--train-per-class, got -1"},
		{"train --lr 0", "--lr, got 0"},
		{"train --lr=-0.1", "--lr, got -0.1"},
		{"train --lr Inf", "--lr, got +Inf"},
		{"train --weight-decay 1", "--weight-decay, got 1"},
		{"train --weight-decay NaN", "--weight-decay, got NaN"},
		{"train --seed=-1", "--seed"},
		{"train --data imagenet", "want one of glyphs, mnist"},
		{"train --activation swish", "want one of identity"},
		{"train --placement between", "want one of before, after"},
		{"train --energy l2", "want one of gaussian"},
		{"train --energy bernoulli --targets pm1", `--targets, got pm1, want 01, because energy.Bernoulli of node "y"`},
		{"train --energy cross-entropy --targets pm1", "--targets, got pm1, want 01"},
		{"train --energy kullback-leibler --targets pm1", "--targets, got pm1, want 01"},
		{"train --model autoencoder:784-32 --energy bernoulli --pixels standard", `--pixels, got standard, want unit, because energy.Bernoulli of node "y"`},
		{"train --model generative --energy bernoulli --pixels standard", "--pixels, got standard, want unit"},
		{"train --model autoencoder:784-32 --energy kullback-leibler", "wants rows that add up to 1, which the samples of glyphs do not"},
		{"train --rule hebb", "want one of pc, bp"},
		{"train --gradient max", "want one of sum, mean"},
		{"train --optimizer lion", "want one of sgd"},
		{"train --schedule steps", "want one of constant, cosine, linear, one-cycle, step; did you mean \"step\"?"},
		{"train --schedule step", "--schedule, got step, want the number of updates between two drops, such as step:1000"},
		{"train --init zeros", "want one of fan-in"},
		{"train --precision f16", "want f32 or f64"},
		{"train --engine gpu", "want one of compiled, tape"},
		{"train --model cnn", "want one of mlp, "},
		{"train --model net.toml", "net.toml"},
		{"train --model mlp:784-10,width=3", "the fields are widths"},
		{"train --model mlp:784-10,widths", "want KEY=VALUE"},
		{"train --model mlp:784-10,widths=784-10", "widths twice"},
		{"train --model mlp:784-10,no_bias=3", "want true or false"},
		{"train --model mlp:784-64x1000000-10", "want widths"},
		{"train --model transformer", "choose data that are, such as FILE.txt or sums"},
		{"train --data sums", "choose a model that reads text, such as transformer"},
		{"train --data missing.txt --model transformer", "missing.txt"},
		{"train --data sums --model transformer:symbols=3", "13 symbols; leave symbols out"},
		{"train --model resnet:2-0", "want widths of 1"},
		{"train --model convnet:classes=7", "data glyphs has 10 classes; leave classes out"},
		{"train --model vgg5:input=3-32-32", "images of 28-28; leave input out"},
		{"train --solver rk5", "want one of euler, momentum, nesterov, adam, lbfgs, anderson, cg, heun, rk4, proximal, langevin; did you mean \"rk4\"?"},
		{"train --solver momentum:beta=x", "--solver, got \"momentum:x\": momentum: beta: got \"x\", want a number"},
		{"train --solver momentum:2", "Beta"},
		{"train --solver euler --control pid:relative=1e-3", "--solver euler, --control pid:relative=1e-3: relax: settings: Solver: want an Estimator"},
		{"train --control armjio", "did you mean \"armijo\"?"},
		{"train --stop gradient-norm", "--solver euler, --stop gradient-norm: relax"},
		{"train --precision-schedule spike:3", "want one of decaying, spiking"},
		{"train --precision-schedule spiking", "--precision-schedule spiking: relax: spiking: Peak: want a positive finite number, got 0"},
		{"train --precision-schedule spiking:3 --control discount:0.1", "--precision-schedule spiking:3: relax: settings: Control: got relax.Discount"},
		{"train --precision-schedule spiking:3 --stop gap:1e-3", "Stop: got relax.RelativeGap with a schedule of precisions"},
		{"train --rule bp --precision-schedule spiking:3", "leave --precision-schedule out"},
		{"train --stop gradient-norm:1e-3 --tolerance 1e-3", "want one of the two"},
		{"train --rule bp --stop gradient-norm:1e-3", "--stop: --rule, got bp, want pc, which alone tests for convergence; leave --stop out"},
		{"train --rule bp --control armijo", "leave --control out"},
		{"train --rule bp --warm-start", "leave --warm-start out"},
		{"train --rule pc:warm_start=true --blocks 4", "want one of the two"},
		{"train --rule bp --nudge 0.1", "leave --nudge out"},
		{"train --rule pc --nudge -1", "--nudge, got -1"},
		{"train --rule pc:nugde=1", "unknown field \"nugde\"; the fields are relax, coordinates, stages, state, start, seed, average, nudge, warm_start, warm_start_memory; did you mean \"nudge\"?"},
		{"train --activation dense:8", "--activation, got \"dense\", want one of identity"},
		{"train --activation leaky-relu:a", "leaky-relu: slope: got \"a\", want a number"},
		{"train --energy huber:-1", "Delta"},
		{"train --optimizer adam:beta1=2", "Beta1"},
		{"train --init normal", "--init, got normal, whose weights are all 0; say how large they are, such as normal:0.05"},
		{"train --init uniform:0", "whose weights are all 0"},
		{"train --data glyhps", "did you mean \"glyphs\"?"},
		{"train --gradient summ", "--gradient, got \"summ\", want one of sum, mean; did you mean \"sum\"?"},
		{"train --start-std=-1", "--start-std, got -1"},
		{"train --model mlp:", "want settings behind the :, or none"},
		{"train --model mlp:784", "use --model mlp:784-10"},
		{"train --model mlp:784-0-10", "want widths"},
		{"train --model mlp:784--10", "want widths"},
		{"train --model mlp:784-99999999999999999999-10", "want widths"},
		{"train --model mlp:784-1000000-10", "parameters"},
		{"train --model mlp:64-32-5", "data glyphs has 784 inputs and 10 classes; use --model mlp:784-32-10"},
		{"train --rule z-il --coordinates errors", "by rules of its own; leave --coordinates out"},
		{"train --rule pc:coordinates=activities --coordinates errors", "leave one of the two out"},
		{"train --rule pc:nudge=0.1 --nudge 0.5", "--nudge: --rule pc:nudge=0.1 sets it too"},
		{"train --rule repeated:2,rule=pc(nudge=0.2) --nudge 0.1", "--nudge, got 0.1 beside --rule repeated:2"},
		{"train --rule pc:state=before-last --weight-state last", "--weight-state: --rule"},
		{"train --rule bp:average --gradient sum", "--gradient: --rule"},
		{"train --rule generec:steps=4 --steps 5", "--steps: --rule"},
		{"train --rule generec:size=0.4 --step-size 0.5", "--step-size: --rule"},
		{"train --control armijo --step-discount 0.9", "--step-discount: --control armijo has no use for it"},
		{"train --control constant:0.2 --step-size 0.3", "--step-size: --control constant:0.2 sets it too"},
		{"train --control armijo:2 --step-size 0.3", "--step-size: --control armijo:2 sets it too"},
		{"train --optimizer adamw:weight_decay=0.1 --weight-decay 0.2", "--weight-decay: --optimizer"},
		{"train --model mlp:activation=tanh --activation identity", "--activation: --model"},
		{"train --model mlp:placement=after --placement before", "--placement: --model"},
		{"train --model mlp:output=gaussian --energy cross-entropy", "--energy: --model"},
		{"train --model mlp:init=normal(0.05) --init xavier-normal", "--init: --model"},
		{"train --rule pc:state=before-last --steps 1", "--steps, got 1"},
		{"train --rule repeated:2", "want a rule to repeat and how often"},
		{"train --rule repeated:rule=bp", "want a rule to repeat and how often"},
		{"train --rule repeated:2,rule=repeated(2)", "want a rule to repeat and how often"},
		{"train --rule repeated:2,rule=bp --tolerance 0.1", "--tolerance: --rule"},
		{"train --resume", "add --out"},
		{"train --checkpoint-seconds NaN", "--checkpoint-seconds"},
		{"train --checkpoint-every=-1", "--checkpoint-every"},
		{"evaluate", "--out"},
		{"evaluate --out a --checkpoint b", "--out"},
		{"data", "list"},
		{"data get", "name"},
		{"version --verbose", "--verbose"},
	} {
		t.Run(c.line, func(t *testing.T) {
			cmd := command(t, strings.Fields(c.line)...)
			got := finish(t, cmd)
			checkFailure(t, got, exitUsage, c.want)
			if got.stdout != "" {
				t.Errorf("stdout, got %q, want nothing", got.stdout)
			}
			if runs, _ := filepath.Glob(filepath.Join(cmd.Dir, "*")); len(runs) > 0 {
				t.Errorf("got %v left behind, want nothing", runs)
			}
		})
	}
}

// TestBadSurroundings gives command lines that ask for what is not there.
func TestBadSurroundings(t *testing.T) {
	data := digits(t)
	run := filepath.Join(t.TempDir(), "run")
	prospect(t, small(data, run)...)
	other := t.TempDir()
	write(t, filepath.Join(other, "thesis.tex"), "")
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"data missing", []string{"train", "--data", "mnist"}, exitFailure, `run "prospect data get mnist"`},
		{"class too small", small(data, filepath.Join(t.TempDir(), "x"), "--train-per-class", "31"), exitFailure, "got 30, want 31"},
		{"out holds a run", small(data, run), exitFailure, "pass --resume to go on"},
		{"out holds other files", small(data, other), exitFailure, "thesis.tex"},
		{"resume with another flag", small(data, run, "--resume", "--weight-decay", "0.5"), exitUsage, "--weight-decay, got 0.5, want 0 as"},
		{"resume with another model", small(data, run, "--resume", "--model", "mlp"), exitUsage, "--model"},
		{"resume with fewer epochs", small(data, run, "--resume", "--epochs", "2"), exitUsage, "--epochs, got 2, want 3"},
		{"diverged", small(data, filepath.Join(t.TempDir(), "y"), "--json", "--step-size", "1e30"), exitFailure, "lower --step-size (1e+30) or --lr"},
		{"diverged backprop", small(data, filepath.Join(t.TempDir(), "z"), "--json", "--rule", "bp", "--optimizer", "sgd", "--lr", "1e30"), exitFailure, "lower --lr"},
		{"no run", []string{"evaluate", "--out", other}, exitFailure, "holds no run"},
		{"unknown data", []string{"evaluate", "--out", run, "--data", "cats", "--data-dir", data}, exitFailure, "want one of glyphs"},
		{"data of another size", []string{"evaluate", "--out", run, "--data", "glyphs"}, exitFailure, "784 inputs"},
		{"unknown download", []string{"data", "get", "imagenet"}, exitFailure, "want one of glyphs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkFailure(t, finish(t, command(t, c.args...)), c.code, c.want)
		})
	}
}
