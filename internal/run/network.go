package run

import "github.com/seed-be841da4/prospect/graph"

// NetworkSettings are the settings of a run that decide the network.
type NetworkSettings struct {
	Data, Model, Activation, Placement, Energy, Precision string
}

// Network declares the network that a run with these settings would train, on
// the compiled engine.
func Network(s NetworkSettings) (*graph.Network, error) {
	full := Settings{Data: s.Data, Model: s.Model, Activation: s.Activation, Energy: s.Energy, Init: "fan-in", Engine: graph.Compiled{}.Name()}
	if err := full.Placement.UnmarshalText([]byte(s.Placement)); err != nil {
		return nil, err
	}
	if err := full.Precision.UnmarshalText([]byte(s.Precision)); err != nil {
		return nil, err
	}
	return full.network()
}
