package graph

// Settings of a network, apart from its declaration.
type Settings struct {
	// Precision of every value of the network. Zero means Float32.
	Precision Precision `json:"precision"`
	// Seed of the initial parameters. Each parameter draws from its own random source,
	// split off by name, so adding a layer does not change the initial values of the
	// others. Zero is a valid seed.
	Seed uint64 `json:"seed"`
	// Engine runs the programs. Nil means [Compiled].
	Engine Engine `json:"-"`
}
