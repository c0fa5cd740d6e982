package safetensors

import "math"

// fromBF16 widens a bfloat16, which is the upper half of a float32.
func fromBF16(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }

// fromF16 widens an IEEE 754 binary16 exactly, including subnormal values. It keeps the
// payload of a NaN.
func fromF16(b uint16) float32 {
	sign, exponent, fraction := uint32(b&0x8000)<<16, uint32(b>>10&0x1f), uint32(b&0x3ff)
	switch exponent {
	case 0: // fraction·2⁻²⁴, with the sign of a zero
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	case 0x1f:
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
