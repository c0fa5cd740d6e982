package kinds_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// parsed reads a spec.
func parsed[T any](t *testing.T, r *kinds.Registry, text string) T {
	t.Helper()
	s, err := kinds.Parse[T](r, text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	v, err := s.New()
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func checkSpec[T any](t *testing.T, text string, want T) {
	t.Helper()
	if diff := cmp.Diff(want, parsed[T](t, kinds.Standard(), text), exported); diff != "" {
		t.Errorf("%s (-want +got):\n%s", text, diff)
	}
}

// Everything that has a name can be written as one word.
func TestParse(t *testing.T) {
	checkSpec[graph.Layer](t, "tanh", layers.Tanh{})
	checkSpec[graph.Layer](t, "LeakyReLU", layers.LeakyReLU{})
	checkSpec[graph.Layer](t, "leaky-relu:0.2", layers.LeakyReLU{Slope: 0.2})
	checkSpec[graph.Layer](t, "leaky_relu:slope=0.2", layers.LeakyReLU{Slope: 0.2})
	checkSpec[graph.Layer](t, "leaky-relu(0.2)", layers.LeakyReLU{Slope: 0.2})
	checkSpec[graph.Layer](t, "conv2d:8,kernel=3,stride=1-2", layers.Conv2D{Out: 8, Kernel: layers.Pair{3}, Stride: layers.Pair{1, 2}})
	checkSpec[graph.Initializer](t, "normal:0.05", layers.Normal{Std: 0.05})
	checkSpec[graph.Energy](t, "huber:2", energy.Huber{Delta: 2})
	checkSpec[graph.Energy](t, "gaussian:per-unit=1;2.5", energy.Gaussian{PerUnit: []float64{1, 2.5}})
	checkSpec[graph.Prior](t, "l1:1e-3,delta=0.1", energy.L1{Weight: 1e-3, Delta: 0.1})
	checkSpec[relax.PrecisionSchedule](t, "decaying:5,decay=0.5,from-arrival,terms=h1;y", relax.Decaying{Start: 5, Decay: 0.5, FromArrival: true, Terms: []string{"h1", "y"}})
	checkSpec[train.Rule](t, "pc:start=(std=0.1),stages=(coordinates=errors,relax=(steps=3,skip-final,solver=lbfgs(5)));()", &train.Prospective{
		Start: graph.Start{Std: 0.1}, Stages: []train.Stage{{Coordinates: train.Errors, Relax: relax.Settings{Steps: 3, SkipFinal: true, Solver: &relax.LBFGS{Memory: 5}}}, {}},
	})
	checkSpec[relax.Solver](t, "nesterov", &relax.Momentum{Nesterov: true, Restart: true})
	checkSpec[relax.Solver](t, "momentum:0.8,nesterov", &relax.Momentum{Beta: 0.8, Nesterov: true})
	checkSpec[relax.Solver](t, "nesterov:restart=FALSE", &relax.Momentum{Nesterov: true})
	checkSpec[relax.Solver](t, "langevin:0.01,seed=18446744073709551615", &relax.Langevin{Temperature: 0.01, Seed: math.MaxUint64})
	checkSpec[relax.Solver](t, "rk4", &relax.RK4{})
	checkSpec[relax.Control](t, "pid:0.1,relative=1e-3", &relax.PID{Initial: 0.1, Relative: 1e-3})
	checkSpec[relax.Control](t, "armijo,initial=2", relax.Armijo{Initial: 2})
	checkSpec[relax.Converger](t, "energy_gap:1e-3", relax.EnergyGap{Tolerance: 1e-3})
	checkSpec[train.Optimizer](t, "adam:beta1=0.8", &train.Adam{Beta1: 0.8})
	checkSpec[train.Schedule](t, "step:100,gamma=0.5", train.StepDecay{Every: 100, Gamma: 0.5})
	checkSpec[train.Schedule](t, "cosine:floor=0", train.Cosine{WarmUp: 0.1})
	checkSpec[train.Rule](t, "pc:nudge=0.1,coordinates=errors", &train.Prospective{Nudge: 0.1, Coordinates: train.Errors})
	checkSpec[train.Rule](t, "fixed-prediction:steps=8,size=1", &baselines.FixedPrediction{Steps: 8, Size: 1})
	checkSpec[train.Rule](t, "generec:output=leaky-relu(0.2)", &baselines.GeneRec{Settling: baselines.Settling{Output: layers.LeakyReLU{Slope: 0.2}}})
	checkSpec[train.Rule](t, "repeated:8,rule=bp(average)", &train.Repeated{Times: 8, Rule: &train.Backprop{Average: true}})
	checkSpec[graph.Engine](t, "compiled:1", graph.Compiled{Threads: 1})
	checkSpec[models.Model](t, "mlp:784-64x3-10,activation=leaky-relu(0.2),no_bias,placement=after,output=huber(delta=2)", models.MLP{
		Widths: []int{784, 64, 64, 64, 10}, Activation: layers.LeakyReLU{Slope: 0.2}, NoBias: true, Placement: models.After, Output: energy.Huber{Delta: 2},
	})
	checkSpec[models.Model](t, "mlpresidual:784-128x64-10,no-skip", models.MLPResidual{Inputs: 784, Width: 128, Depth: 64, Outputs: 10, NoSkip: true})
}

// Names stand for their own settings.
func TestStandard(t *testing.T) {
	checkSpec[train.Optimizer](t, "nesterov", &train.Momentum{Nesterov: true})
	checkSpec[train.Optimizer](t, "adamw", &train.AdamW{})
	checkSpec[train.Schedule](t, "cosine", train.Cosine{WarmUp: 0.1, Floor: 0.1})
	checkSpec[models.Model](t, "resnet18", models.ResNet{Width: 64, Blocks: []int{2, 2, 2, 2}})
	checkSpec[models.Model](t, "vgg7", models.VGG7(nil, 0))
	for name, want := range map[string]graph.Initializer{
		"fan-in": layers.FanIn{}, "xavier-uniform": layers.XavierUniform{}, "xavier-normal": layers.XavierNormal{},
		"kaiming-uniform": layers.KaimingUniform{}, "kaiming-normal": layers.KaimingNormal{}, "orthogonal": layers.Orthogonal{},
	} {
		checkSpec(t, name, want)
	}
	// A spec in a message, and what was given though it is the default.
	s, err := kinds.Parse[models.Model](kinds.Standard(), "generative:latent=8,classes=0,hidden=4")
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.New()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Format(m); err != nil || got != "generative:4,classes=0,latent=8" {
		t.Errorf("got %s, %v", got, err)
	}
	if got := s.String(); got != "generative:4,latent=8,classes=0" {
		t.Errorf("got %s", got)
	}
	checkSpec[train.Rule](t, "repeated:rule=generec(output=leaky-relu(slope=0.2)),times=2",
		&train.Repeated{Times: 2, Rule: &baselines.GeneRec{Settling: baselines.Settling{Output: layers.LeakyReLU{Slope: 0.2}}}})
}

// A word that means nothing gets an error with the remedy.
func TestBadSpecs(t *testing.T) {
	r := kinds.Standard()
	for text, want := range map[string]string{
		"tahn":                         `got "tahn", want one of identity, sigmoid, tanh`,
		"tahn:0.2":                     `did you mean "tanh"?`,
		"":                             `got "", want one of identity`,
		"tanh:":                        `got "tanh:", want settings behind the :, or none`,
		"leaky-relu:0.2,":              `got "" in the settings of leaky-relu, want KEY=VALUE`,
		"leaky-relu:slop=0.2":          `leaky-relu: unknown field "slop"; the fields are slope; did you mean "slope"?`,
		"tanh:slope=0.2":               `tanh: unknown field "slope"; it has none`,
		"tanh:0.2":                     `got "0.2" in the settings of tanh, want KEY=VALUE`,
		"leaky-relu:slope=x":           `leaky-relu: slope: got "x", want a number`,
		"leaky-relu:slope=NaN":         `leaky-relu: slope: got "NaN", want a number`,
		"leaky-relu:0.2,slope=0.3":     `got slope twice`,
		"leaky-relu(0.2":               `got "leaky-relu(0.2", want a closing parenthesis`,
		"residual:body=dense(8":        `want every parenthesis closed`,
		"residual:body=dense)8(":       `want every parenthesis closed`,
		"residual:body=dens(8)":        `residual: body: got "dens", want one of`,
		"residual:body=dense(eight)":   `residual: body: dense: out: got "eight", want an integer`,
		"dense:8.5":                    `dense: out: got "8.5", want an integer`,
		"dense:out=":                   `got "out=" in the settings of dense, want KEY=VALUE`,
		"dense:8,no_bias=maybe":        `dense: no_bias: got "maybe", want true or false`,
		"conv2d:8,kernel=1-0":          `conv2d: kernel: got "1-0", want widths of 1 to`,
		"reshape:4-0":                  `reshape: shape: got "4-0", want widths of 1 to`,
		"masked-dense:8,connections=1": "",
		"sequential:layers=tanh":       `sequential has no settings on the command line; write it in a file`,
	} {
		s, err := kinds.Parse[graph.Layer](r, text)
		if err == nil {
			_, err = s.New()
		}
		if want == "" && err == nil {
			continue
		}
		if err == nil || want == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v\nwant %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"mlpresidual:784-128-64-10":         `want inputs, hidden nodes of one width, and outputs, for example 784-128x64-10`,
		"mlpresidual:784-128x4-10,width=64": `got "width" beside 784-128x4-10, want one of the two`,
		"mlp:784-x-10":                      `widths: got "784-x-10", want widths of 1 to 268435456 separated by hyphens`,
		"mlp:784-64x99999-10":               `want widths of 1 to`,
		"mlp:placement=beside":              `mlp: placement: models: placement, got "beside"`,
		"mlp:4-2,activation=" + strings.Repeat("residual(body=", 200) + "tanh" + strings.Repeat(")", 200): `want every parenthesis closed`,
	} {
		s, err := kinds.Parse[models.Model](r, text)
		if err == nil {
			_, err = s.New()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v\nwant %s", text, err, want)
		}
	}
	if _, err := kinds.Parse[fmt.Stringer](r, "x"); err == nil {
		t.Error("an interface that the registry does not have: got no error")
	}
}

// A spec tells what it sets.
func TestGiven(t *testing.T) {
	s, err := kinds.Parse[models.Model](kinds.Standard(), "MLPResidual:parametrization=standard,widths=4-8x2-3")
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]bool{"widths": true, "width": true, "inputs": true, "parametrization": true, "activation": false} {
		if got := s.Given(field); got != want {
			t.Errorf("%s: got %v, want %v", field, got, want)
		}
	}
	if got, want := s.String(), "mlpresidual:4-8x2-3,parametrization=standard"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Settings go on top of what the program has set.
func TestApply(t *testing.T) {
	s, err := kinds.Parse[train.Rule](kinds.Standard(), "pc:average=false,nudge=2")
	if err != nil {
		t.Fatal(err)
	}
	base := kinds.With(kinds.With(s.Kind.New(), "average", true), "seed", uint64(7))
	got, err := s.Apply(base)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(train.Rule(&train.Prospective{Seed: 7, Nudge: 2}), got, exported); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p := base.(*train.Prospective); !p.Average || p.Nudge != 0 {
		t.Errorf("the base has changed: %+v", p)
	}
}

// New shares nothing with the registry.
func TestNewIsFresh(t *testing.T) {
	r := kinds.Standard()
	k, err := r.Optimizers.Find("adam")
	if err != nil {
		t.Fatal(err)
	}
	k.New().(*train.Adam).Beta1 = 0.5
	if again, _ := r.Optimizers.Find("adam"); again.Value.(*train.Adam).Beta1 != 0 {
		t.Error("a copy has changed the kind")
	}
}

func TestWith(t *testing.T) {
	if got := kinds.With[graph.Initializer](layers.XavierNormal{}, "gain", 2.0); got != (layers.XavierNormal{Gain: 2}) {
		t.Errorf("got %v", got)
	}
	if got := kinds.With[graph.Initializer](layers.Normal{Std: 1}, "gain", 2.0); got != (layers.Normal{Std: 1}) {
		t.Errorf("a field that it does not have: got %v", got)
	}
	if got := kinds.With[graph.Initializer](layers.XavierNormal{}, "gain", "2"); got != (layers.XavierNormal{}) {
		t.Errorf("of another type: got %v", got)
	}
	if got := kinds.With[graph.Initializer](layers.Values{1}, "gain", 2.0); !reflect.DeepEqual(got, layers.Values{1}) {
		t.Errorf("a list: got %v", got)
	}
	if kinds.Has[train.Rule](&train.Backprop{}, "relax") || !kinds.Has[train.Rule](&baselines.GeneRec{}, "steps") {
		t.Error("Has is wrong")
	}
}

// A user's own kinds are in every table's messages, and a wrong one is found.
func TestAdd(t *testing.T) {
	r := kinds.Standard()
	r.Layers.Add(kinds.Kind[graph.Layer]{Name: "double", Value: layers.Scale{Factor: 2}, Help: "twice"})
	if got := parsed[graph.Layer](t, r, "Double"); got != (layers.Scale{Factor: 2}) {
		t.Errorf("got %v", got)
	}
	n := len(r.Layers.All())
	r.Layers.Add(kinds.Kind[graph.Layer]{Name: "double", Value: layers.Scale{Factor: 3}})
	if got := parsed[graph.Layer](t, r, "double"); got != (layers.Scale{Factor: 3}) || len(r.Layers.All()) != n {
		t.Errorf("replaced: got %v, and %d kinds instead of %d", got, len(r.Layers.All()), n)
	}
	r.Layers.Add(kinds.Kind[graph.Layer]{Name: "around", Value: layers.Shared{Name: "w"}, Main: "layer"})
	if got := parsed[graph.Layer](t, r, "around:dense(out=8)"); got != (layers.Shared{Name: "w", Layer: layers.Dense{Out: 8}}) {
		t.Errorf("got %v", got)
	}
	if len(kinds.Standard().Layers.All()) != n-1 {
		t.Error("adding has changed the standard registry")
	}
	for name, k := range map[string]kinds.Kind[graph.Layer]{
		"name, want small letters": {Name: "Two Words", Value: layers.Tanh{}},
		"has no value":             {Name: "none"},
		"want a struct, a pointer": {Name: "text", Value: new(text)},
		"main, got \"slop\"":       {Name: "own", Value: layers.LeakyReLU{}, Main: "slop"},
	} {
		r := kinds.Standard()
		r.Layers.Add(k)
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: got %v, want %s", k.Name, err, name)
		}
	}
}

// text is a layer that is neither a struct nor a slice.
type text string

func (*text) Build(*graph.Builder, ...*gorgonia.Node) (*gorgonia.Node, error) { return nil, nil }

// formatTrip writes a random T as a word and reads it back, where a word can express it.
func formatTrip[T any](t *testing.T) {
	r := kinds.Standard()
	expressed := 0
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		var want T
		filler{rand.New(rand.NewPCG(seed, 2)), r}.fill(reflect.ValueOf(&want).Elem(), 2)
		word, err := kinds.Format(r, want)
		if err != nil {
			return // nil, or a list of layers
		}
		expressed++
		s, err := kinds.Parse[T](r, word)
		if err != nil {
			t.Fatalf("%s: %v", word, err)
		}
		got, err := s.New()
		if err != nil {
			t.Fatalf("%s: %v", word, err)
		}
		if diff := cmp.Diff(want, got, exported, noElements); diff != "" {
			t.Errorf("%s (-want +got):\n%s", word, diff)
		}
	})
	if expressed == 0 {
		t.Error("no word could express any")
	}
}

// What a word can express, it reads back.
func TestFormat(t *testing.T) {
	t.Run("model", formatTrip[models.Model])
	t.Run("layer", formatTrip[graph.Layer])
	t.Run("energy", formatTrip[graph.Energy])
	t.Run("initialiser", formatTrip[graph.Initializer])
	t.Run("solver", formatTrip[relax.Solver])
	t.Run("control", formatTrip[relax.Control])
	t.Run("stop", formatTrip[relax.Converger])
	t.Run("precision", formatTrip[relax.PrecisionSchedule])
	t.Run("rule", formatTrip[train.Rule])
	t.Run("optimizer", formatTrip[train.Optimizer])
	t.Run("schedule", formatTrip[train.Schedule])
	t.Run("engine", formatTrip[graph.Engine])
}

// The list tells every kind and its settings once.
func TestList(t *testing.T) {
	r := kinds.Standard()
	r.Schedules.Add(kinds.Kind[train.Schedule]{Name: "own", Value: train.StepDecay{Every: 7}, Main: "gamma", Help: "of our own"})
	found := map[string]kinds.Info{}
	for _, l := range r.List() {
		for _, k := range l.Kinds {
			if _, twice := found[l.Of+" "+k.Name]; twice {
				t.Errorf("%s %s is there twice", l.Of, k.Name)
			}
			found[l.Of+" "+k.Name] = k
		}
	}
	want := map[string]kinds.Info{
		"schedule own":   {Name: "own", Help: "of our own", Main: "gamma", Settings: []kinds.Setting{{"every", "integer", "7"}, {"gamma", "number", ""}}},
		"layer residual": {Name: "residual", Help: "a layer beside a skip connection", Settings: []kinds.Setting{{"body", "layer", ""}, {"skip", "layer", ""}}},
		"layer shared":   {Name: "shared", Help: "a layer whose parameters others use too", Settings: []kinds.Setting{{"name", "name", ""}, {"layer", "layer", ""}}},
		"layer reshape":  {Name: "reshape", Help: "another shape of the same units", Main: "shape", Settings: []kinds.Setting{{"shape", "integers", ""}}},
		"solver nesterov": {Name: "nesterov", Help: "momentum that looks ahead and starts again", Main: "beta", Settings: []kinds.Setting{
			{"beta", "number", ""}, {"nesterov", "truth value", "true"}, {"restart", "truth value", "true"},
		}},
		"layer values": {Name: "", Help: ""},
	}
	for name, w := range want {
		if diff := cmp.Diff(w, found[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if s := found["model mlp"].Settings; len(s) < 4 || s[3].Type != "name" {
		t.Errorf("placement, got %v, want a name", s)
	}
}

func ExampleParse() {
	spec, err := kinds.Parse[models.Model](kinds.Standard(), "mlp:784-64x2-10,activation=leaky-relu(0.2)")
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := spec.New()
	fmt.Printf("%v %v\n", model.(models.MLP).Widths, err)
	_, err = kinds.Parse[models.Model](kinds.Standard(), "mpl")
	fmt.Println(err)
	// Output:
	// [784 64 64 10] <nil>
	// got "mpl", want one of mlp, mlpresidual, generative, autoencoder, recurrent, memory, convnet, vgg5, vgg7, resnet, resnet18, transformer; did you mean "mlp"?
}
