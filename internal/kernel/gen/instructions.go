package main

import (
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/x86"
)

// Adapters give every constructor of avo/x86 one type.

func c0(f func() (*ir.Instruction, error)) ctor {
	return func(...operand.Op) (*ir.Instruction, error) { return f() }
}

func c1(f func(a operand.Op) (*ir.Instruction, error)) ctor {
	return func(o ...operand.Op) (*ir.Instruction, error) { return f(o[0]) }
}

func c2(f func(a, b operand.Op) (*ir.Instruction, error)) ctor {
	return func(o ...operand.Op) (*ir.Instruction, error) { return f(o[0], o[1]) }
}

func c3(f func(a, b, c operand.Op) (*ir.Instruction, error)) ctor {
	return func(o ...operand.Op) (*ir.Instruction, error) { return f(o[0], o[1], o[2]) }
}

func c4(f func(a, b, c, d operand.Op) (*ir.Instruction, error)) ctor {
	return func(o ...operand.Op) (*ir.Instruction, error) { return f(o[0], o[1], o[2], o[3]) }
}

// Scalar instructions.
var (
	movq       = c2(x86.MOVQ)
	movl       = c2(x86.MOVL)
	addq       = c2(x86.ADDQ)
	subq       = c2(x86.SUBQ)
	andq       = c2(x86.ANDQ)
	shrq       = ctor(x86.SHRQ)
	shlq       = ctor(x86.SHLQ)
	leaq       = c2(x86.LEAQ)
	cmpq       = c2(x86.CMPQ)
	testq      = c2(x86.TESTQ)
	xorl       = c2(x86.XORL)
	bzhil      = c3(x86.BZHIL)
	kmovw      = c2(x86.KMOVW)
	jmp        = c1(x86.JMP)
	jge        = c1(x86.JGE)
	jg         = c1(x86.JGT)
	jl         = c1(x86.JLT)
	jz         = c1(x86.JEQ)
	jnz        = c1(x86.JNE)
	ret        = c0(x86.RET)
	vzeroupper = c0(x86.VZEROUPPER)
	prefetch   = c1(x86.PREFETCHT0)
)

// pair is an instruction in its single and its double precision form.
type pair struct{ s, d ctor }

func (p pair) of(e elem) ctor {
	if e == f32 {
		return p.s
	}
	return p.d
}

// Vector instructions by element type.
var (
	vadd       = pair{x86.VADDPS, x86.VADDPD}
	vsub       = pair{x86.VSUBPS, x86.VSUBPD}
	vmul       = pair{x86.VMULPS, x86.VMULPD}
	vdiv       = pair{x86.VDIVPS, x86.VDIVPD}
	vmax       = pair{x86.VMAXPS, x86.VMAXPD}
	vmin       = pair{x86.VMINPS, x86.VMINPD}
	vsqrt      = pair{x86.VSQRTPS, x86.VSQRTPD}
	vand       = pair{x86.VANDPS, x86.VANDPD}
	vandn      = pair{x86.VANDNPS, x86.VANDNPD}
	vor        = pair{x86.VORPS, x86.VORPD}
	vxor       = pair{x86.VXORPS, x86.VXORPD}
	vcmp       = pair{x86.VCMPPS, x86.VCMPPD}
	vblendv    = pair{c4(x86.VBLENDVPS), c4(x86.VBLENDVPD)}
	vblendm    = pair{x86.VBLENDMPS, x86.VBLENDMPD}
	vround     = pair{c3(x86.VROUNDPS), c3(x86.VROUNDPD)}
	vrndscale  = pair{x86.VRNDSCALEPS, x86.VRNDSCALEPD}
	vscalef    = pair{x86.VSCALEFPS, x86.VSCALEFPD}
	vfma231    = pair{x86.VFMADD231PS, x86.VFMADD231PD}
	vfma231b   = pair{x86.VFMADD231PS_BCST, x86.VFMADD231PD_BCST}
	vfma213    = pair{x86.VFMADD213PS, x86.VFMADD213PD}
	vfnma231   = pair{x86.VFNMADD231PS, x86.VFNMADD231PD}
	vfnma213   = pair{x86.VFNMADD213PS, x86.VFNMADD213PD}
	vmovu      = pair{x86.VMOVUPS, x86.VMOVUPD}
	vmova      = pair{x86.VMOVAPS, x86.VMOVAPD}
	vmovuz     = pair{c3(x86.VMOVUPS_Z), c3(x86.VMOVUPD_Z)}
	vmovaz     = pair{c3(x86.VMOVAPS_Z), c3(x86.VMOVAPD_Z)}
	vmaskmov   = pair{c3(x86.VMASKMOVPS), c3(x86.VMASKMOVPD)}
	vbroadcast = pair{x86.VBROADCASTSS, x86.VBROADCASTSD}
)

// Integer and conversion instructions on single precision vectors.
var (
	vpaddd     = ctor(x86.VPADDD)
	vpsubd     = ctor(x86.VPSUBD)
	vpslld     = ctor(x86.VPSLLD)
	vpsrad     = ctor(x86.VPSRAD)
	vcvtps2dq  = ctor(x86.VCVTPS2DQ)
	vcvtdq2ps  = ctor(x86.VCVTDQ2PS)
	vcvtps2pd  = ctor(x86.VCVTPS2PD)
	vcvtpd2ps  = ctor(x86.VCVTPD2PS)
	vcvtpd2psy = ctor(x86.VCVTPD2PSY)
	vextract4  = ctor(x86.VEXTRACTF64X4)
	vextract2  = c3(x86.VEXTRACTF128)
	vextract2z = ctor(x86.VEXTRACTF32X4)
	vunpckhpd  = ctor(x86.VUNPCKHPD)
	vmovsd     = ctor(x86.VMOVSD)
	vmovss     = ctor(x86.VMOVSS)
)

// Instructions that move elements.
var (
	vunpckl   = pair{x86.VUNPCKLPS, x86.VUNPCKLPD}
	vunpckh   = pair{x86.VUNPCKHPS, x86.VUNPCKHPD}
	vunpcklpd = ctor(x86.VUNPCKLPD)
	vshuf     = ctor(x86.VSHUFF32X4)
	vshufp    = pair{x86.VSHUFPS, x86.VSHUFPD}
	vperm2    = c4(x86.VPERM2F128)
	vpermpd   = ctor(x86.VPERMPD)
)
