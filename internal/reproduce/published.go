package reproduce

// The published numbers. Those of figures were read off the vector paths of the
// published files and are good to about three digits; see each for its source.

// fig4b is the mean test error over 64 tests at the best learning rate, by batch
// size. Song et al. 2024, Fig. 4b, read off the vector paths.
var fig4b = map[string]map[int]float64{
	PC: {64: .1833, 32: .1864, 16: .1926, 8: .2038, 1: .2724},
	BP: {64: .1834, 32: .1870, 16: .2001, 8: .2071, 1: .2881},
}

// fig4c is the lowest of 64 test errors at batch 1, by learning rate as in
// onlineRates. Song et al. 2024, Fig. 4c, read off the vector paths.
var fig4c = map[string][]float64{
	PC: {.1985, .1957, .1973, .1984, .2026, .2029},
	BP: {.2185, .2109, .2067, .2153, .2159, .2224},
}

// depthNumber is an error at the best learning rate.
type depthNumber struct{ err, rate float64 }

// fig3h is the test error averaged over 64 epochs at the best learning rate, by
// depth. Song et al. 2024, Fig. 3h, read off the vector paths.
var fig3h = map[string]map[int]depthNumber{
	PC: {
		1: {.4195, 1e-4}, 2: {.2974, .001}, 4: {.2781, .005}, 6: {.2831, .01}, 8: {.2964, .05},
		10: {.3271, .1}, 12: {.3611, .1}, 14: {.4091, .5}, 15: {.4178, .5},
	},
	BP: {
		1: {.4195, 1e-4}, 2: {.3206, 5e-4}, 4: {.2899, .001}, 6: {.2900, .005}, 8: {.3057, .005},
		10: {.3488, .005}, 12: {.3991, .005}, 14: {.4995, .005}, 15: {.5334, .005},
	},
}

// fig3g is the same at depth 15, by learning rate. Song et al. 2024, Fig. 3g,
// read off the vector paths.
var fig3g = map[string]map[float64]float64{
	PC: {5e-4: .885, .001: .875, .005: .810, .01: .731, .05: .536, .1: .484, .5: .418, 1: .564, 5: 1},
	BP: {5e-4: .774, .001: .663, .005: .533, .01: .606, .05: .901, .1: .996, .5: 1, 1: 1, 5: 1},
}

// fig3f is the test error at some epochs, counted from 1, at depth 15 and the
// best learning rate. Song et al. 2024, Fig. 3f, read off the vector paths.
var fig3f = map[string][][2]float64{
	PC: {{1, .867}, {5, .546}, {9, .464}, {13, .439}, {21, .406}, {33, .388}, {49, .371}, {64, .365}},
	BP: {{1, .890}, {5, .826}, {9, .698}, {13, .700}, {21, .593}, {33, .420}, {49, .386}, {64, .422}},
}

// fig3final is the test error after the last epoch by depth. From the data of
// Song et al. 2024, Fig. 3f-h.
var fig3final = map[string]map[int]float64{
	PC: {2: .249, 4: .254, 6: .254, 8: .261, 10: .290, 12: .311, 14: .359, 15: .365},
	BP: {2: .257, 4: .229, 6: .231, 8: .251, 10: .242, 12: .281, 14: .312, 15: .422},
}

// fig4e is the mean test error over 84 epochs and both tasks, by learning rate.
// Song et al. 2024, Fig. 4e, read off the vector paths.
var fig4e = map[string]map[float64]float64{
	PC: {1e-4: .763, 2.5e-4: .732, 5e-4: .645, 7.5e-4: .638, .001: .706, .005: .797},
	BP: {1e-4: .766, 2.5e-4: .745, 5e-4: .690, 7.5e-4: .770, .001: .793, .005: .800},
}

// fig4d are points of the curves of Fig. 4d at the best learning rate: the error
// of a task at the end of training it and after four epochs of the other, about
// epoch 80. Song et al. 2024, Fig. 4d, read off the vector paths.
var fig4d = map[string]struct{ trough0, trough1, rebound0, rebound1 float64 }{
	PC: {.40, .31, .72, .57},
	BP: {.44, .40, .76, .67},
}

// fig4g is the mean test error over 3000 epochs by learning rate. Song et al.
// 2024, Fig. 4g, read off the vector paths.
var fig4g = map[string]map[float64]float64{
	PC: {.001: .494, .005: .366, .01: .290, .05: .363, .1: .999},
	BP: {.001: .534, .005: .449, .01: .404, .05: .428, .1: .998},
}

// fig4f is the mean test error over each 500 epochs at learning rate 0.01. Song
// et al. 2024, Fig. 4f, read off the vector paths.
var fig4f = map[string][]float64{
	PC: {.415, .347, .296, .234, .228, .221},
	BP: {.434, .414, .409, .378, .384, .402},
}

// fig4h is the lowest test error at the best learning rate, by images of a class.
// Song et al. 2024, Fig. 4h, read off the vector paths.
var fig4h = map[string]map[int]float64{
	PC: {60: .2483, 300: .1778, 600: .1664, 3000: .1501, 6000: .1451},
	BP: {60: .2678, 300: .1817, 600: .1674, 3000: .1384, 6000: .1289},
}
