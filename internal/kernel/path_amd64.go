package kernel

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

func bestPath() Path {
	x := &cpu.X86
	switch {
	case !x.HasAVX2 || !x.HasFMA || !x.HasBMI2:
		return Portable
	case x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL:
		return AVX512
	}
	return AVX2
}

// runTile runs micro-kernel k on v.
func runTile[T Float](k int, v *tileArgs) {
	single := size[T]() == 4
	switch {
	case active == AVX512 && single:
		runTileF32AVX512(k, v)
	case active == AVX512:
		runTileF64AVX512(k, v)
	case single:
		runTileF32AVX2(k, v)
	default:
		runTileF64AVX2(k, v)
	}
}

// runVec runs kernel k on v and reports whether the active path has it.
func runVec[T Float](k Op, v *vecArgs[T]) bool {
	if size[T]() == 4 {
		w := (*vecArgs[float32])(unsafe.Pointer(v))
		switch active {
		case AVX512:
			return runVecF32AVX512(k, w)
		case AVX2:
			return runVecF32AVX2(k, w)
		}
		return false
	}
	w := (*vecArgs[float64])(unsafe.Pointer(v))
	switch active {
	case AVX512:
		return runVecF64AVX512(k, w)
	case AVX2:
		return runVecF64AVX2(k, w)
	}
	return false
}

// runLine runs line kernel k on v.
func runLine[T Float](k int, v *lineArgs) {
	single := size[T]() == 4
	switch {
	case active == AVX512 && single:
		runLineF32AVX512(k, v)
	case active == AVX512:
		runLineF64AVX512(k, v)
	case single:
		runLineF32AVX2(k, v)
	default:
		runLineF64AVX2(k, v)
	}
}

// runLane runs lane kernel k on v and reports whether the active path has it.
func runLane[T Float](k int, v *laneArgs) bool {
	single := size[T]() == 4
	switch {
	case active == AVX512 && single:
		return runLaneF32AVX512(k, v)
	case active == AVX512:
		return runLaneF64AVX512(k, v)
	case single:
		return runLaneF32AVX2(k, v)
	}
	return runLaneF64AVX2(k, v)
}

// runPlane runs plane kernel k on v.
func runPlane[T Float](k int, v *planeArgs) {
	single := size[T]() == 4
	switch {
	case active == AVX512 && single:
		runPlaneF32AVX512(k, v)
	case active == AVX512:
		runPlaneF64AVX512(k, v)
	case single:
		runPlaneF32AVX2(k, v)
	default:
		runPlaneF64AVX2(k, v)
	}
}
