package relax

import (
	"bytes"
	"encoding/json"
	"math"

	"github.com/pkg/errors"
)

// MarshalJSON adds "kind": "euler".
func (c Euler) MarshalJSON() ([]byte, error) {
	return json.Marshal(tag{"euler"})
}

// MarshalJSON adds "kind": "momentum".
func (m *Momentum) MarshalJSON() ([]byte, error) {
	type fields Momentum
	return json.Marshal(struct {
		tag
		*fields
	}{tag{"momentum"}, (*fields)(m)})
}

// MarshalJSON adds "kind": "adam".
func (s *Adam) MarshalJSON() ([]byte, error) {
	type fields Adam
	return json.Marshal(struct {
		tag
		*fields
	}{tag{"adam"}, (*fields)(s)})
}

// MarshalJSON adds "kind": "constant".
func (c Constant) MarshalJSON() ([]byte, error) {
	type fields Constant
	return json.Marshal(struct {
		tag
		fields
	}{tag{"constant"}, fields(c)})
}

// MarshalJSON adds "kind": "discount".
func (c Discount) MarshalJSON() ([]byte, error) {
	type fields Discount
	return json.Marshal(struct {
		tag
		fields
	}{tag{"discount"}, fields(c)})
}

// MarshalJSON adds "kind": "armijo".
func (c Armijo) MarshalJSON() ([]byte, error) {
	type fields Armijo
	return json.Marshal(struct {
		tag
		fields
	}{tag{"armijo"}, fields(c)})
}

// MarshalJSON adds "kind": "gradient_norm".
func (c GradientNorm) MarshalJSON() ([]byte, error) {
	type fields GradientNorm
	return json.Marshal(struct {
		tag
		fields
	}{tag{"gradient_norm"}, fields(c)})
}

// MarshalJSON adds "kind": "lbfgs".
func (c *LBFGS) MarshalJSON() ([]byte, error) {
	type fields LBFGS
	return json.Marshal(struct {
		tag
		*fields
	}{tag{"lbfgs"}, (*fields)(c)})
}

// MarshalJSON adds "kind": "langevin".
func (c *Langevin) MarshalJSON() ([]byte, error) {
	type fields Langevin
	return json.Marshal(struct {
		tag
		*fields
	}{tag{"langevin"}, (*fields)(c)})
}

// MarshalJSON adds "kind": "heun".
func (c *Heun) MarshalJSON() ([]byte, error) { return json.Marshal(tag{"heun"}) }

// MarshalJSON adds "kind": "rk4".
func (c *RK4) MarshalJSON() ([]byte, error) { return json.Marshal(tag{"rk4"}) }

// MarshalJSON adds "kind": "pid".
func (c *PID) MarshalJSON() ([]byte, error) {
	type fields PID
	return json.Marshal(struct {
		tag
		*fields
	}{tag{"pid"}, (*fields)(c)})
}

// MarshalJSON adds "kind": "energy_gap".
func (c EnergyGap) MarshalJSON() ([]byte, error) {
	type fields EnergyGap
	return json.Marshal(struct {
		tag
		fields
	}{tag{"energy_gap"}, fields(c)})
}

// MarshalJSON writes null for the numbers that were not computed or are not
// finite, which JSON cannot express.
func (r Result) MarshalJSON() ([]byte, error) {
	type fields Result
	return json.Marshal(struct {
		fields
		EnergyStart *float64 `json:"energy_start"`
		Energy      *float64 `json:"energy"`
		GradNorm    *float64 `json:"grad_norm"`
	}{fields(r), finiteOrNil(r.EnergyStart), finiteOrNil(r.Energy), finiteOrNil(r.GradNorm)})
}

// UnmarshalJSON reads settings whose solver, control and convergence test are
// those of this package; members it does not know are an error. The recorder is
// left alone. It does not validate.
func (s *Settings) UnmarshalJSON(data []byte) error {
	var raw struct {
		Steps     int             `json:"steps"`
		Solver    json.RawMessage `json:"solver"`
		Control   json.RawMessage `json:"control"`
		Stop      json.RawMessage `json:"stop"`
		SkipFinal bool            `json:"skip_final"`
	}
	if err := strictly(data, &raw); err != nil {
		return errors.Wrap(err, "relax: settings")
	}
	out := Settings{Steps: raw.Steps, SkipFinal: raw.SkipFinal, Recorder: s.Recorder}
	var err error
	out.Solver, err = decode("solver", raw.Solver, kinds[Solver]{
		"euler": as[Euler], "momentum": as[*Momentum], "adam": as[*Adam],
		"heun": as[*Heun], "rk4": as[*RK4], "langevin": as[*Langevin], "lbfgs": as[*LBFGS],
	})
	if err != nil {
		return err
	}
	out.Control, err = decode("control", raw.Control, kinds[Control]{
		"constant": as[Constant], "discount": as[Discount], "armijo": as[Armijo], "pid": as[*PID],
	})
	if err != nil {
		return err
	}
	if out.Stop, err = decode("stop", raw.Stop, kinds[Converger]{
		"gradient_norm": as[GradientNorm], "energy_gap": as[EnergyGap],
	}); err != nil {
		return err
	}
	*s = out
	return nil
}

type tag struct {
	Kind string `json:"kind"`
}

// kinds maps the kind written into JSON to a function that decodes it into a T.
type kinds[T any] map[string]func(data []byte) (any, error)

func as[C any](data []byte) (any, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	delete(members, "kind")
	rest, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	var c C
	err = strictly(rest, &c)
	return c, err
}

// strictly rejects members it does not know: a misspelt setting must not leave
// the default in force silently.
func strictly(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// decode returns the zero T for absent or null data.
func decode[T any](what string, data []byte, known kinds[T]) (T, error) {
	var none T
	if len(data) == 0 || string(data) == "null" {
		return none, nil
	}
	var t tag
	if err := json.Unmarshal(data, &t); err != nil {
		return none, errors.Wrapf(err, "relax: settings: %s", what)
	}
	read, ok := known[t.Kind]
	if !ok {
		return none, errors.Errorf("relax: settings: %s: want a kind of package relax, got %q; set others in code", what, t.Kind)
	}
	v, err := read(data)
	if err != nil {
		return none, errors.Wrapf(err, "relax: settings: %s", what)
	}
	return v.(T), nil
}

func finiteOrNil(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
