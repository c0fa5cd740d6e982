package reproduce

import "github.com/seed-be841da4/prospect/internal/experiments"

// The published numbers. Those of figures were read off the vector paths of the
// published files and are good to about three digits; see each for its source.

// fig4b is the mean test error over 64 tests at the best learning rate, by batch
// size. Song et al. 2024, Fig. 4b, read off the vector paths.
var fig4b = map[string]map[int]float64{
	PC: {64: .1833, 32: .1864, 16: .1926, 8: .2038, 1: .2724},
	BP: {64: .1834, 32: .1870, 16: .2001, 8: .2071, 1: .2881},
}

// fig4bBars are the ends of its error bars, where they could be read off.
var fig4bBars = map[string]map[int][2]float64{
	PC: {64: {.1822, .1844}, 1: {.2700, .2748}},
	BP: {64: {.1804, .1864}, 1: {.2841, .2924}},
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

// fig3a are points of the path of the outputs, iteration 1 before learning. Song
// et al. 2024, Fig. 3a, read off the vector paths and re-simulated.
var fig3a = map[string][]struct {
	iteration int
	outputs   [2]float64
}{
	PC: {{1, [2]float64{1, 1}}, {2, [2]float64{.8504, .9748}}, {3, [2]float64{.7300, .9563}}, {4, [2]float64{.6318, .9436}}, {7, [2]float64{.4248, .9316}}},
	BP: {{1, [2]float64{1, 1}}, {2, [2]float64{.6400, .8000}}, {3, [2]float64{.5145, .7612}}, {4, [2]float64{.4446, .7632}}, {7, [2]float64{.3251, .8365}}},
}

// fig3aDip is the lowest correct output of Fig. 3a.
var fig3aDip = map[string]float64{PC: .9316, BP: .7612}

// fig3dDips is the range of the lowest correct output over the learning rates of
// Fig. 3d. Song et al. 2024, read off the vector paths.
var fig3dDips = map[string][2]float64{PC: {.938, .944}, BP: {.787, .805}}

// fig2 are the hidden weights of the 1-2-2 example before and after the first
// updates. Read off the vector paths of the authors' figure and re-simulated.
var fig2 = map[string][][2]float64{
	PC: {{0, 0}, {.6985, .5588}, {.9091, .4931}},
	BP: {{0, 0}, {.4, .8}, {.64, .32}},
}

// fig3e is the mean target alignment over 27 seeds, by depth. Song et al. 2024,
// Fig. 3e, read off the vector paths.
var fig3e = map[string]map[int]float64{
	PC: {1: 1, 2: .989, 4: .956, 6: .922, 8: .898, 10: .901, 12: .886, 15: .870, 20: .857, 25: .877},
	BP: {1: 1, 2: .909, 4: .799, 6: .700, 8: .664, 10: .601, 12: .538, 15: .433, 20: .256, 25: .2704},
}

// alignmentLinear is the same over 3 seeds with T 128. From the authors' figures
// of the variants, read off the vector paths.
var alignmentLinear = map[string]map[int]float64{
	PC: {1: 1, 2: .988, 4: .984, 6: .918, 8: .949, 10: .933, 12: .915, 14: .950, 15: .897},
	BP: {1: 1, 2: .915, 4: .820, 6: .719, 8: .686, 10: .572, 12: .548, 14: .548, 15: .390},
}

// alignmentTarget is that of target propagation.
var alignmentTarget = map[int]float64{1: 1, 2: 1, 4: .333, 5: 1}

// prospectiveIndex is φ of the five hidden layers by the number of weight steps.
// From the authors' figure, read off the vector paths.
var prospectiveIndex = map[int][]float64{
	1:   {1, .9993, .9976, .9925, .984},
	100: {1, 1, 1, 1, 1},
}

// prospectiveIndexBars are the least and the largest of the five seeds.
var prospectiveIndexBars = map[int][][2]float64{
	1: {{1, 1}, {.9990, .9995}, {.993, .9998}, {.988, .997}, {.969, .990}},
}

// secondIndex is φ of the five hidden layers and the output in a second version of
// that experiment, over 3 seeds. From the authors' figure, read off the vector
// paths.
var secondIndex = []struct {
	activation string
	rate       float64
	phi        []float64
}{
	{"linear", .001, []float64{1, .9994, .9989, .9967, .985, .918}},
	{"sigmoid", .001, []float64{1, .994, 1, 1, 1, 1}},
	{"linear", .1, []float64{1, .996, .992, .987, .978, .963}},
}

// fearFitted is fear of the noise, fitted to the animals, for the groups LN+,
// LN+,L− and N+. Song et al. 2024, read off the vector paths.
var fearFitted = map[string][]float64{PC: {26.05, 41.99, 45.32}, BP: {34.49, 34.49, 44.36}}

// fig5f is the fitted adaptation to 1+, 2+, 1−, 2−, and the error of the best fit
// by the deviation of the initial weights. Song et al. 2024, Fig. 5f, read off the
// vector paths.
var fig5f = map[string]struct{ fitted, byStd []float64 }{
	PC: {[]float64{.224, .188, .098, .043}, []float64{.0060, .0045, .0044, .0036, .00024, .0328}},
	BP: {[]float64{.225, .0015, .107, -.0003}, []float64{.0358, .0358, .0359, .0363, .0420, .0382}},
}

// fig6c are the values around a punishment, raw and fitted. Song et al. 2024,
// Fig. 6c, read off the vector paths.
var fig6c = map[string]struct{ raw, fitted experiments.ReversalValues }{
	PC: {
		experiments.ReversalValues{StayPunish: .0789, StayNext: .0284, SwitchPunish: .0437, SwitchNext: .0600},
		experiments.ReversalValues{StayPunish: .099, StayNext: -.156, SwitchPunish: -.079, SwitchNext: .003},
	},
	BP: {
		experiments.ReversalValues{StayPunish: .0145, StayNext: .0094, SwitchPunish: .0115, SwitchNext: .0099},
		experiments.ReversalValues{StayPunish: .074, StayNext: -.097, SwitchPunish: -.028, SwitchNext: -.081},
	},
}

// weightPath are the ends of the published curves. From the authors' figure of
// the weights' trajectories, read off the vector paths.
var weightPath = map[string][]struct{ rate, net, path float64 }{
	PC: {{.476, 2.1075, 4.8725}, {.572, 2.9263, 6.1608}},
	BP: {{.336, 2.0907, 5.0366}, {.378, 2.9225, 6.3789}},
}

// settlingPath are net displacement and path of Almeida-Pineda and GeneRec. From
// the authors' figure of the weights' trajectories, read off the vector paths.
var settlingPath = map[string][][2]float64{
	AP: {{.577, .686}, {1.19, 1.393}},
	GR: {{.577, .591}, {1.19, 1.224}},
}

// teacher is the lowest training loss by learning rate as in teacherRates. From
// the authors' figure, read off the vector paths.
var teacher = map[string][]float64{
	PC: {1.571, 1.395, 1.300, 1.084, .979, .978, .980, .997, 1.030},
	BP: {1.442, 1.245, 1.116, .963, .966, .970, .974, 1.000, 1.046},
}

// fig4iSEM is about the standard error of the mean of each of its points.
const fig4iSEM = .002

// fig4i is the lowest of 80 test errors by learning rate as in convRates. Song et
// al. 2024, Fig. 4i, read off the vector paths.
var fig4i = map[string][]float64{
	PC: {.3101, .2864, .2889, .2903, .2872, .2989},
	BP: {.3260, .3179, .3098, .3097, .3119, .3244},
}

// fig4k are the mean of the reward curve and that of its last 1,000 episodes. Song
// et al. 2024, Fig. 4k, read off the vector paths.
var fig4k = map[string]map[string]struct{ mean, last float64 }{
	PC: {"Acrobot-v1": {-175.5, -118}, "CartPole-v1": {324, 348}, "MountainCar-v0": {-184.6, -179}},
	BP: {"Acrobot-v1": {-208, -155}, "CartPole-v1": {333, 380}, "MountainCar-v0": {-198.3, -196}},
}
