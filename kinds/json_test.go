package kinds_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// exported compares exported fields alone.
var exported = cmp.FilterPath(func(p cmp.Path) bool {
	f, ok := p.Last().(cmp.StructField)
	return ok && f.Name() != "" && strings.ToLower(f.Name()[:1]) == f.Name()[:1]
}, cmp.Ignore())

func TestRelaxSettingsSurviveJSON(t *testing.T) {
	r := kinds.Standard()
	for _, want := range []relax.Settings{
		{Steps: 128, Control: relax.Discount{Size: 0.1, Factor: 0.5}},
		{Steps: 3, Solver: relax.Euler{}, Control: relax.Constant{Size: 0.1}, SkipFinal: true},
		{Steps: 3, Solver: &relax.Momentum{Beta: 0.5, Nesterov: true, Restart: true}, Control: relax.Constant{Size: 0.1}},
		{Steps: 3, Solver: &relax.Adam{Beta2: 0.9}, Control: relax.Constant{Size: 0.1}},
		{Steps: 3, Solver: &relax.Heun{}, Control: relax.Constant{Size: 0.1}},
		{Steps: 3, Solver: &relax.RK4{}, Control: relax.Constant{Size: 0.1}},
		{Steps: 3, Solver: &relax.Langevin{Temperature: 1, Seed: 3}, Control: relax.Constant{Size: 0.1}},
		{Steps: 3, Solver: &relax.LBFGS{Memory: 7}, Control: relax.Armijo{Initial: 1}, Stop: relax.EnergyGap{Tolerance: 1e-3, Convexity: 2}},
		{Steps: 3, Solver: &relax.Heun{}, Control: &relax.PID{Initial: 0.1, Relative: 1e-3, P: 0.3, I: 0.4}},
		{Steps: 3, Control: relax.Constant{Size: 0.1}, Precision: relax.Spiking{Peak: 3, Terms: []string{"y"}}},
		{Steps: 3, Control: relax.Constant{Size: 0.1}, Precision: relax.Decaying{Start: 3, Final: 2, Decay: 0.5, FromArrival: true}},
		{Steps: 9, Control: relax.Armijo{Initial: 1, Grow: 3}, Stop: relax.GradientNorm{Tolerance: 1e-3, MinSteps: 4, Every: 2}},
	} {
		text, err := r.Marshal(&want)
		if err != nil {
			t.Fatal(err)
		}
		var got relax.Settings
		if err := r.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got, exported); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// What JSON cannot mean is refused, with what would be right.
func TestBadJSON(t *testing.T) {
	r := kinds.Standard()
	for text, want := range map[string]string{
		`{"steps": 1, "control": {"kind": "warp"}}`:                    `line 1: control: kind, got "warp", want one of constant, discount, armijo, pid`,
		`{"steps": 1, "control": {"size": 1}}`:                         `control: has no kind; add kind = "NAME", one of constant`,
		`{"steps": 1, "control": {"kind": "discount", "facotr": 0.5}}`: `control "discount": unknown field "facotr"; the fields are size, factor, amplify; did you mean "factor"?`,
		"{\"steps\": 1,\n \"contorl\": null}":                          `line 2: json: unknown field "contorl"; the fields are steps, solver, control, stop, precision, skip_final; did you mean "control"?`,
		`{"steps": 1, "solver": 3}`:                                    `solver: got an integer, want the name of a kind or a table`,
		`{"steps": 1.5}`:                                               `json: steps: got a number, want an integer`,
		`{"steps": 1e400}`:                                             `got 1e400, want a number that a float64 can hold`,
		`{"steps": 1, "steps": 2}`:                                     `got key "steps" twice`,
		`{"steps": 1}{}`:                                               `got more than one value`,
		`{"steps": `:                                                   `ends too early`,
		``:                                                             `ends too early`,
		`{"steps": 1,, }`:                                              `line 1: json: invalid character`,
		strings.Repeat("[", 1001):                                      `nested more than 1000 deep`,
		`{"control": {"kind": "armjio"}}`:                              `did you mean "armijo"?`,
		`{"steps": true}`:                                              `json: steps: got a boolean, want an integer`,
		`[]`:                                                           `json: got a list, want a table`,
	} {
		var s relax.Settings
		if err := r.Unmarshal([]byte(text), &s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v\nwant %s", text, err, want)
		}
	}
	for _, bad := range []any{nil, relax.Settings{}, (*relax.Settings)(nil)} {
		if err := r.Unmarshal([]byte("{}"), bad); err == nil {
			t.Errorf("reading into %T: got no error", bad)
		}
		if _, err := r.Marshal(bad); err == nil {
			t.Errorf("writing %T: got no error", bad)
		}
	}
	for _, bad := range []relax.Control{relax.Constant{Size: math.NaN()}, own{}} {
		if text, err := r.Marshal(&bad); err == nil {
			t.Errorf("%T: got %s", bad, text)
		}
	}
}

// own is a control without a name.
type own struct{ relax.Constant }

// null takes back a default.
func TestNull(t *testing.T) {
	var m models.Model
	if err := kinds.Standard().Unmarshal([]byte(`{"kind": "vgg5", "activation": null}`), &m); err != nil {
		t.Fatal(err)
	}
	want := models.VGG5(nil, 0)
	want.Activation = nil
	if diff := cmp.Diff(models.Model(want), m); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A trainer tells what it runs, and reads back to the same.
func TestTrainer(t *testing.T) {
	r := kinds.Standard()
	want := train.Trainer{
		Rule:      train.Paper(128, 0.1, 0.5),
		Optimizer: &train.Adam{WeightDecay: 0.01}, Rate: 0.001,
		Schedule: train.StepDecay{Every: 100, Gamma: 0.5}, Epochs: 64,
	}
	text, err := r.Marshal(&want)
	if err != nil {
		t.Fatal(err)
	}
	const golden = `{"rule":{"kind":"pc","relax":{"steps":128,"control":{"kind":"discount","size":0.1,"factor":0.5},"skip_final":true},"state":"before-last"},` +
		`"optimizer":{"kind":"adam","weight_decay":0.01},"rate":0.001,"schedule":{"kind":"step","every":100,"gamma":0.5},"epochs":64}`
	if string(text) != golden {
		t.Errorf("got  %s\nwant %s", text, golden)
	}
	var got train.Trainer
	if err := r.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, exported, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Of the kinds of one type, what is written has the name of the nearest.
func TestNearestKind(t *testing.T) {
	r := kinds.Standard()
	for _, c := range []struct {
		solver relax.Solver
		want   string
	}{
		{&relax.Momentum{}, `{"kind":"momentum"}`},
		{&relax.Momentum{Nesterov: true}, `{"kind":"momentum","nesterov":true}`},
		{&relax.Momentum{Nesterov: true, Restart: true, Beta: 0.5}, `{"kind":"nesterov","beta":0.5,"nesterov":true,"restart":true}`},
	} {
		if got, err := r.Marshal(&c.solver); err != nil || string(got) != c.want {
			t.Errorf("%+v: got %s, %v, want %s", c.solver, got, err, c.want)
		}
	}
}

// filler fills values with what a file can express, at random.
type filler struct {
	*rand.Rand
	r *kinds.Registry
}

// fill sets all exported fields of v. depth bounds kinds within kinds.
func (f filler) fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Interface:
		f.kind(v, depth)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), depth)
	case reflect.Struct:
		for _, field := range reflect.VisibleFields(v.Type()) {
			if field.IsExported() && !field.Anonymous && field.Tag.Get("json") != "-" && f.IntN(3) > 0 {
				f.fill(v.FieldByIndex(field.Index), depth)
			}
		}
	case reflect.Slice:
		if f.IntN(4) == 0 {
			v.SetZero()
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), f.IntN(4), 4))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i), depth)
		}
	case reflect.Bool:
		v.SetBool(f.IntN(2) == 0)
	case reflect.String:
		v.SetString([]string{"", "a", "h/1", "é \"\\\n"}[f.IntN(4)])
	default:
		f.number(v)
	}
}

func (f filler) number(v reflect.Value) {
	if text, ok := v.Addr().Interface().(interface{ UnmarshalText([]byte) error }); ok {
		_ = text.UnmarshalText([]byte([]string{"after", "errors", "before-last", "layer", "clique", "units", "f64", "mupc"}[f.IntN(8)]))
		return // a text of another type leaves it as it is
	}
	switch {
	case v.CanInt():
		v.SetInt(int64(f.Uint64() >> f.IntN(64)))
	case v.CanUint():
		v.SetUint(f.Uint64() >> f.IntN(64) >> (64 - v.Type().Bits()))
	case v.CanFloat():
		v.SetFloat([]float64{0, 1, -2.5, 1e-300, f.NormFloat64(), math.MaxFloat64}[f.IntN(6)])
	}
}

// kind sets an interface to one of its kinds, or to nil.
func (f filler) kind(v reflect.Value, depth int) {
	v.SetZero()
	if depth == 0 {
		return
	}
	switch p := v.Addr().Interface().(type) {
	case *models.Model:
		anyKind(f, p, f.r.Models.All(), depth)
	case *graph.Layer:
		anyKind(f, p, f.r.Layers.All(), depth)
	case *layers.Pointwise:
		*p = layers.LeakyReLU{Slope: f.Float64()}
	case *graph.Energy:
		anyKind(f, p, f.r.Energies.All(), depth)
	case *graph.Prior:
		anyKind(f, p, f.r.Priors.All(), depth)
	case *graph.Initializer:
		anyKind(f, p, f.r.Initializers.All(), depth)
	case *train.Rule:
		anyKind(f, p, f.r.Rules.All(), depth)
	case *relax.Solver:
		anyKind(f, p, f.r.Solvers.All(), depth)
	case *relax.Control:
		anyKind(f, p, f.r.Controls.All(), depth)
	case *relax.Converger:
		anyKind(f, p, f.r.Stops.All(), depth)
	case *relax.PrecisionSchedule:
		anyKind(f, p, f.r.Precisions.All(), depth)
	case *train.Optimizer:
		anyKind(f, p, f.r.Optimizers.All(), depth)
	case *train.Schedule:
		anyKind(f, p, f.r.Schedules.All(), depth)
	case *graph.Engine:
		anyKind(f, p, f.r.Engines.All(), depth)
	default:
		panic(fmt.Sprintf("a %v in no table", v.Type()))
	}
}

// anyKind sets *p to one of the kinds with fields at random, or leaves it nil.
func anyKind[T any](f filler, p *T, all []kinds.Kind[T], depth int) {
	if f.IntN(5) == 0 {
		return
	}
	made := reflect.ValueOf(all[f.IntN(len(all))].New())
	value := reflect.New(made.Type()).Elem()
	value.Set(made)
	if value.Kind() == reflect.Pointer {
		f.fill(value.Elem(), depth-1)
	} else {
		f.fill(value, depth-1)
	}
	*p = value.Interface().(T)
}

// noElements makes kinds that are lists without elements equal, nil or not.
var noElements = cmp.Options{
	cmp.FilterValues(func(a, b layers.Sequential) bool { return len(a)+len(b) == 0 }, cmp.Ignore()),
	cmp.FilterValues(func(a, b layers.Sum) bool { return len(a)+len(b) == 0 }, cmp.Ignore()),
	cmp.FilterValues(func(a, b train.Chain) bool { return len(a)+len(b) == 0 }, cmp.Ignore()),
	cmp.FilterValues(func(a, b train.Groups) bool { return len(a)+len(b) == 0 }, cmp.Ignore()),
	cmp.FilterValues(func(a, b layers.Values) bool { return len(a)+len(b) == 0 }, cmp.Ignore()),
}

// roundTrip writes a T with random kinds and reads it back.
func roundTrip[T any](t *testing.T) {
	r := kinds.Standard()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		var want, got T
		filler{rand.New(rand.NewPCG(seed, 1)), r}.fill(reflect.ValueOf(&want).Elem(), 3)
		text, err := r.Marshal(&want)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got, exported, noElements); diff != "" {
			t.Errorf("%s\n(-want +got):\n%s", text, diff)
		}
		again, err := r.Marshal(&got)
		if err != nil || string(again) != string(text) {
			t.Errorf("written again: %v\n%s\n%s", err, text, again)
		}
	})
}

// Everything made of kinds survives JSON.
func TestRoundTrip(t *testing.T) {
	t.Run("declaration", roundTrip[graph.Declaration])
	t.Run("model", roundTrip[models.Model])
	t.Run("layer", roundTrip[graph.Layer])
	t.Run("energy", roundTrip[graph.Energy])
	t.Run("rule", roundTrip[train.Rule])
	t.Run("trainer", roundTrip[train.Trainer])
	t.Run("relaxation", roundTrip[relax.Settings])
	t.Run("engine", roundTrip[graph.Engine])
}

// An experiment prints what it ran.
func ExampleRegistry_Marshal() {
	r := kinds.Standard()
	text, err := r.Marshal(&graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{2}}, {Name: "y", Shape: graph.Shape{1}, Prior: energy.L2{Weight: 0.1}}},
		Predictions: []graph.Prediction{{
			Of: "y", From: []string{"x"}, Layer: layers.Sequential{layers.LeakyReLU{Slope: 0.2}, layers.Dense{Out: 1}}, Energy: energy.Bernoulli{},
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.ReplaceAll(string(text), `],"predictions"`, "],\n\"predictions\""))
	// Output:
	// {"nodes":[{"name":"x","shape":[2]},{"name":"y","shape":[1],"prior":{"kind":"l2","weight":0.1}}],
	// "predictions":[{"of":"y","from":["x"],"layer":[{"kind":"leaky-relu","slope":0.2},{"kind":"dense","out":1}],"energy":{"kind":"bernoulli"}}]}
}
