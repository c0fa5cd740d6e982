package graph

// Settings of a network, apart from its declaration.
type Settings struct {
	// Precision of every number of the network. Zero means Float32.
	Precision Precision `json:"precision"`
	// Seed of the initial parameters. Each parameter draws from a random source
	// of its own, split off by its name, so adding a layer does not change what
	// the others start with. Zero is a seed like any other.
	Seed uint64 `json:"seed"`
	// Engine runs the programs. Nil means [Compiled].
	Engine Engine `json:"-"`
}
