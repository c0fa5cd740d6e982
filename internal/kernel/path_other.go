//go:build !amd64

package kernel

func bestPath() Path { return Portable }

// runTile never runs: the portable path has its own matrix product.
func runTile[T Float](int, *tileArgs) {}

// runVec reports that there is no vector kernel.
func runVec[T Float](Op, *vecArgs[T]) bool { return false }

// runLine never runs: every line kernel has a portable form.
func runLine[T Float](int, *lineArgs) {}

// runLane reports that there is no kernel for lanes.
func runLane[T Float](int, *laneArgs) bool { return false }

// runPlane never runs: every plane kernel has a portable form.
func runPlane[T Float](int, *planeArgs) {}
