package kinds

import (
	"reflect"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/choice"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Registry names the kinds of everything that files and command lines can ask for. A
// program adds its own to what [Standard] returns:
//
//	r := kinds.Standard()
//	r.Layers.Add(kinds.Kind[graph.Layer]{Name: "radial", Value: Radial{Width: 1}})
type Registry struct {
	Models       Kinds[models.Model]
	Layers       Kinds[graph.Layer]
	Energies     Kinds[graph.Energy]
	Priors       Kinds[graph.Prior]
	Initializers Kinds[graph.Initializer]
	Rules        Kinds[train.Rule]
	Solvers      Kinds[relax.Solver]
	Controls     Kinds[relax.Control]
	Stops        Kinds[relax.Converger]
	Precisions   Kinds[relax.PrecisionSchedule]
	Optimizers   Kinds[train.Optimizer]
	Schedules    Kinds[train.Schedule]
	Engines      Kinds[graph.Engine]
	Readers      Kinds[Reader]

	Augmentations Kinds[datasets.Augmentation]
}

// Kind is a type with a name.
type Kind[T any] struct {
	// Name is how files and command lines call it: letters, digits and hyphens.
	Name string
	// Value is a struct, a pointer to one, or a slice. What it holds are the defaults;
	// its fields are read and written by the names of their JSON tags.
	Value T
	// Main is the field that a [Spec] sets by a value without a name, as 0.2 in
	// "leaky-relu:0.2". Empty means the only field of a kind that has one, else none.
	Main string
	// Help says in a line what it is.
	Help string
}

// New returns a copy of the kind's value that shares no field with it.
func (k Kind[T]) New() T {
	if reflect.ValueOf(&k.Value).Elem().IsNil() {
		return k.Value
	}
	return deepCopy(reflect.ValueOf(k.Value)).Interface().(T)
}

// Kinds are the kinds of one interface, in the order in which help lists them. The zero
// value has none.
type Kinds[T any] struct {
	kinds []Kind[T]
}

// Add adds kinds. One whose name is there already replaces it. [Registry.Check] finds
// what cannot be used.
func (k *Kinds[T]) Add(kinds ...Kind[T]) {
	for _, kind := range kinds {
		i := slices.IndexFunc(k.kinds, func(old Kind[T]) bool { return old.Name == kind.Name })
		if i < 0 {
			k.kinds = append(k.kinds, kind)
			continue
		}
		k.kinds[i] = kind
	}
}

// All returns the kinds.
func (k *Kinds[T]) All() []Kind[T] { return slices.Clone(k.kinds) }

// Names returns the names of the kinds.
func (k *Kinds[T]) Names() []string {
	var names []string
	for _, kind := range k.kinds {
		names = append(names, kind.Name)
	}
	return names
}

// Find returns the kind of a name. Upper and lower case are equal, and hyphens and
// underscores do not count. The error of an unknown name lists the known ones and tells
// the nearest; a kind that cannot be used has that of [Registry.Check].
func (k *Kinds[T]) Find(name string) (Kind[T], error) {
	known, err := choice.Parse(name, k.Names())
	if err != nil {
		return Kind[T]{}, err
	}
	i := slices.IndexFunc(k.kinds, func(kind Kind[T]) bool { return kind.Name == known })
	if err := k.kinds[i].prototype().check(); err != nil {
		return Kind[T]{}, errors.WithMessagef(err, "kinds: %q", known)
	}
	return k.kinds[i], nil
}

// Activations returns the layers that are activation functions: those that can be
// evaluated at a point.
func (r *Registry) Activations() *Kinds[graph.Layer] {
	out := &Kinds[graph.Layer]{}
	for _, kind := range r.Layers.kinds {
		if _, ok := kind.Value.(layers.Pointwise); ok {
			out.Add(kind)
		}
	}
	return out
}

// table is a Kinds of any type.
type table interface {
	Names() []string
	find(name string) (prototype, error)
	prototypes() []prototype
	help() []string
}

// prototype is a Kind of any type.
type prototype struct {
	name, main string
	value      reflect.Value // of the kind's own type
}

func (k *Kinds[T]) find(name string) (prototype, error) {
	kind, err := k.Find(name)
	if err != nil {
		return prototype{}, err
	}
	return kind.prototype(), nil
}

func (k *Kinds[T]) prototypes() []prototype {
	var all []prototype
	for _, kind := range k.kinds {
		all = append(all, kind.prototype())
	}
	return all
}

func (k Kind[T]) prototype() prototype {
	p := prototype{k.Name, k.Main, reflect.ValueOf(k.Value)}
	if p.main == "" && p.value.IsValid() && p.contents().Kind() == reflect.Struct {
		if _, all := fieldsOf(p.contents()); len(all) == 1 {
			p.main = all[0]
		}
	}
	return p
}

// named is a table with what its kinds are called in messages.
type named struct {
	table
	what string
	of   reflect.Type // the interface
}

// tables lists the tables of the registry.
func (r *Registry) tables() []named {
	return []named{
		{&r.Models, "model", reflect.TypeFor[models.Model]()},
		{&r.Layers, "layer", reflect.TypeFor[graph.Layer]()},
		{&r.Layers, "layer", reflect.TypeFor[layers.Pointwise]()},
		{&r.Energies, "energy", reflect.TypeFor[graph.Energy]()},
		{&r.Priors, "prior", reflect.TypeFor[graph.Prior]()},
		{&r.Initializers, "initialiser", reflect.TypeFor[graph.Initializer]()},
		{&r.Rules, "rule", reflect.TypeFor[train.Rule]()},
		{&r.Solvers, "solver", reflect.TypeFor[relax.Solver]()},
		{&r.Controls, "control", reflect.TypeFor[relax.Control]()},
		{&r.Stops, "stop", reflect.TypeFor[relax.Converger]()},
		{&r.Precisions, "precision", reflect.TypeFor[relax.PrecisionSchedule]()},
		{&r.Optimizers, "optimizer", reflect.TypeFor[train.Optimizer]()},
		{&r.Schedules, "schedule", reflect.TypeFor[train.Schedule]()},
		{&r.Engines, "engine", reflect.TypeFor[graph.Engine]()},
		{&r.Readers, "reader", reflect.TypeFor[Reader]()},
		{&r.Augmentations, "augmenter", reflect.TypeFor[datasets.Augmentation]()},
	}
}

// table returns the table of an interface, and whether there is one.
func (r *Registry) table(of reflect.Type) (named, bool) {
	for _, t := range r.tables() {
		if t.of == of {
			return t, true
		}
	}
	return named{}, false
}

// Check returns an error for a kind that cannot be used: one without a value, or with a
// nil embedded pointer in it; one whose name cannot be written, or cannot be told from
// that of another; one that lacks its main field, has two fields of a name, or one that
// is called "kind", which is where files have the name.
func (r *Registry) Check() error {
	for _, t := range r.tables() {
		var before []string
		for _, p := range t.prototypes() {
			if err := p.check(); err != nil {
				return errors.WithMessagef(err, "kinds: %s %q", t.what, p.name)
			}
			if other, twice := choice.Find(p.name, before); twice {
				return errors.Errorf("kinds: %s %q: name, want one that differs from %q in more than hyphens", t.what, p.name, other)
			}
			before = append(before, p.name)
		}
	}
	return nil
}

func (p prototype) check() error {
	if p.name == "" || strings.ContainsFunc(p.name, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}) {
		return errors.New("name, want small letters, digits and hyphens")
	}
	if p.empty() {
		return errors.New("has no value; set Value to what holds the defaults, such as Own{}")
	}
	s := p.contents()
	if s.Kind() != reflect.Struct && s.Kind() != reflect.Slice {
		return errors.Errorf("value, got a %v, want a struct, a pointer to one, or a slice", p.value.Type())
	}
	if s.Kind() == reflect.Slice {
		return nil
	}
	if err := checkFields(s); err != nil || p.main == "" {
		return err
	}
	if reflect.PointerTo(s.Type()).Implements(reflect.TypeFor[Shortener]()) {
		return nil
	}
	if _, all := fieldsOf(s); !slices.Contains(all, p.main) {
		return errors.Errorf("main, got %q, want one of its fields: %s", p.main, strings.Join(all, ", "))
	}
	return nil
}

// empty reports whether there is no value.
func (p prototype) empty() bool {
	return !p.value.IsValid() || p.value.Kind() == reflect.Pointer && p.value.IsNil()
}

// contents is the struct or the slice.
func (p prototype) contents() reflect.Value {
	if p.value.Kind() == reflect.Pointer && !p.value.IsNil() {
		return p.value.Elem()
	}
	return p.value
}

// field returns a settable copy of a kind's value and its field of that JSON name; ok
// says whether there is one.
func field[T any](v T, name string) (made, f reflect.Value, ok bool) {
	value := reflect.ValueOf(&v).Elem()
	if value.Kind() == reflect.Interface {
		value = value.Elem()
	}
	if !value.IsValid() {
		return value, value, false
	}
	pointer := copyOf(addressable(value))
	if pointer.Elem().Kind() != reflect.Struct {
		return value, value, false
	}
	fields, _ := fieldsOf(pointer.Elem())
	f, ok = fields[name]
	if value.Kind() != reflect.Pointer {
		pointer = pointer.Elem()
	}
	return pointer, f, ok
}

// With returns a copy of a kind's value with a field, named by its JSON tag, set to x; a
// nil x takes the field's value away. The value stays as it is if it has no such field of
// x's type.
func With[T any](v T, name string, x any) T {
	made, f, ok := field(v, name)
	switch {
	case !ok:
		return v
	case x == nil:
		f.SetZero()
	case !reflect.TypeOf(x).AssignableTo(f.Type()):
		return v
	default:
		f.Set(reflect.ValueOf(x))
	}
	return made.Interface().(T)
}

// WithDefault is [With] for a field that is zero.
func WithDefault[T any](v T, name string, x any) T {
	if _, f, ok := field(v, name); ok && f.IsZero() {
		return With(v, name, x)
	}
	return v
}

// Get returns the field of a kind's value of that JSON name, and whether it has one.
func Get[T any](v T, name string) (any, bool) {
	_, f, ok := field(v, name)
	if !ok {
		return nil, false
	}
	return f.Interface(), true
}

// Has reports whether a kind's value has a field of that JSON name.
func Has[T any](v T, name string) bool {
	_, ok := Get(v, name)
	return ok
}
